"""Plans the transactions of a swap: the swap and, where needed, the approvals before it.

A wallet's transactions are mined in the order of their nonces, so the allowance that a swap will
find is known when it is signed, however many transactions are pending before it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from actors.venues.uniswap_v3.calldata import approval_calldata
from actors.venues.uniswap_v3.gas import APPROVAL_GAS_LIMIT
from tradewind.trading.chain.settings import ApprovalMode, ChainSettings
from tradewind.trading.wallet.records import TransactionPlan, TransactionPurpose, TransactionRequest

UINT256_MAX = 2**256 - 1


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """How much the router may be allowed to take."""

    mode: ApprovalMode
    cap_multiple: int

    @classmethod
    def from_settings(cls, settings: ChainSettings) -> "ApprovalPolicy":
        """Return the policy that the settings configure."""
        return cls(settings.approval, settings.approval_cap_multiple)

    def amounts(self, allowance: int | None, amount: int) -> tuple[int, ...]:
        """Return what to approve, one after the other, before a swap of `amount` base units.

        exact: the router is allowed this amount and uses it up, so no allowance is left over.
        capped: an allowance of `cap_multiple` amounts serves later swaps too, until it is too
        small. Tokens such as USDT refuse to change an allowance into another one, so one that is
        there, or may be there (None), is first taken back.
        """
        if allowance == amount or (self.mode == "capped" and (allowance or 0) >= amount):
            return ()
        allowed = amount if self.mode == "exact" else min(amount * self.cap_multiple, UINT256_MAX)
        return (allowed,) if allowance == 0 else (0, allowed)


def plan_transactions(
    swap: TransactionRequest, *, token: str, spender: str, amount: int, policy: ApprovalPolicy
) -> Callable[[int | None], TransactionPlan]:
    """Return a function that plans a swap of `amount` base units from the projected allowance."""

    def plan(projected: int | None) -> TransactionPlan:
        amounts = policy.amounts(projected, amount)
        approvals = [
            TransactionRequest(
                purpose=TransactionPurpose.APPROVAL,
                target=token,
                data=approval_calldata(spender, allowed),
                gas_limit=APPROVAL_GAS_LIMIT,
                fees=swap.fees,
                deadline=swap.deadline,
                description={"token": token, "spender": spender, "amount": str(allowed)},
            )
            for allowed in amounts
        ]
        available = amounts[-1] if amounts else projected or 0
        return TransactionPlan((*approvals, swap), available - amount)

    return plan
