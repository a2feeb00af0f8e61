"""Plans the transactions of a swap: the swap and, where needed, the approval before it.

A wallet's transactions are mined in the order of their nonces, so the allowance that a swap will
find is known when it is signed, however many transactions are pending before it.
"""

from collections.abc import Callable

from actors.venues.uniswap_v3.calldata import approval_calldata
from actors.venues.uniswap_v3.gas import APPROVAL_GAS_LIMIT
from tradewind.trading.chain.settings import ApprovalMode
from tradewind.trading.wallet.records import TransactionPlan, TransactionPurpose, TransactionRequest

UINT256_MAX = 2**256 - 1


def plan_transactions(
    swap: TransactionRequest,
    *,
    token: str,
    spender: str,
    amount: int,
    mode: ApprovalMode,
    cap_multiple: int,
) -> Callable[[int], TransactionPlan]:
    """Return a function that plans a swap of `amount` base units from the projected allowance.

    exact: the router is allowed this amount and uses it up, so no allowance is left over.
    capped: an allowance of `cap_multiple` amounts serves later swaps too, until it is too small.
    """

    def plan(projected: int) -> TransactionPlan:
        if mode == "capped" and projected >= amount:
            return TransactionPlan((swap,), projected - amount)
        allowed = amount if mode == "exact" else min(amount * cap_multiple, UINT256_MAX)
        approval = TransactionRequest(
            purpose=TransactionPurpose.APPROVAL,
            target=token,
            data=approval_calldata(spender, allowed),
            gas_limit=APPROVAL_GAS_LIMIT,
            fees=swap.fees,
            deadline=swap.deadline,
            description={"token": token, "spender": spender, "amount": str(allowed)},
        )
        return TransactionPlan((approval, swap), allowed - amount)

    return plan
