"""Simulates a swap before it gets a nonce, so that one that would surely revert is never sent."""

from dataclasses import dataclass
from typing import Any, Final

from actors.venues.contract import VenueUnavailable
from actors.venues.uniswap_v3.calldata import approval_calldata, hop_path
from actors.venues.uniswap_v3.failures import failure_of
from actors.venues.uniswap_v3.fees import FeePolicy
from actors.venues.uniswap_v3.gas import APPROVAL_GAS_LIMIT, swap_gas_limit
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.trading.chain.contract_interface import LATEST, Read
from tradewind.trading.chain.erc20 import BALANCE_OF
from tradewind.trading.chain.errors import ExecutionReverted, RpcRefused, RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_data, parse_quantity, to_data, to_quantity
from tradewind.trading.chain.json_rpc import Call, Fault, Json, Reply
from tradewind.trading.chain.pool_loader import HEAD_CALLS, Head, to_head
from tradewind.trading.chain.reverts import NO_REASON, decode_revert, is_revert
from tradewind.trading.chain.rpc_client import NONSENSE, RpcClient, result_of
from tradewind.trading.chain.uniswap_v3 import (
    QUOTE_EXACT_INPUT,
    QUOTE_EXACT_INPUT_SINGLE,
    UniswapV3Contracts,
)
from tradewind.trading.wallet.records import Fees

SIMULATE: Final = "eth_simulateV1"
SUCCEEDED: Final = "0x1"
STATUSES: Final = (SUCCEEDED, "0x0")


@dataclass(frozen=True, slots=True)
class Ready:
    """The swap succeeds in the state of the newest block, with this gas limit and these fees."""

    gas_limit: int
    fees: Fees


@dataclass(frozen=True, slots=True)
class Refusal:
    """The swap would revert, or cannot be paid for."""

    reason: ExecutionFailureReason
    detail: str


class Preflight:
    """Simulates swaps of one wallet and router. Raises VenueUnavailable when no node can."""

    def __init__(
        self,
        client: RpcClient,
        contracts: UniswapV3Contracts,
        router: str,
        wallet: str,
        fees: FeePolicy,
    ) -> None:
        self._client = client
        self._contracts = contracts
        self._router = router
        self._wallet = wallet
        self._fees = fees

    async def run(self, step: ExecutionStep, data: bytes) -> Ready | Refusal:
        """Return gas limit and fees of the swap, or why it is refused, after one request."""
        gas_limit = swap_gas_limit(step.route)
        try:
            head, ether, balance, simulated = await self._ask(step, data, gas_limit)
            fees = self._affordable_fees(head)
            shortage = _shortage(step, gas_limit, fees, result_of(ether), result_of(balance))
            if shortage is not None:
                return shortage
            refusal = await self._refusal_of(step, data, gas_limit, simulated)
        except (RpcUnavailable, RpcRefused, ValueError, KeyError, TypeError) as error:
            raise VenueUnavailable(f"the swap cannot be tried out: {error}") from error
        return refusal or Ready(gas_limit, fees)

    async def _ask(
        self, step: ExecutionStep, data: bytes, gas_limit: int
    ) -> tuple[Head, Reply, Reply, Reply]:
        """Return the head, both balances, and the simulation's reply or a fault in its place.

        A node may fail a whole request because of a simulation it cannot do, so the rest is asked
        again without it: only when that fails too is the node away.
        """
        calls = [
            *HEAD_CALLS,
            Call("eth_getBalance", (self._wallet, LATEST)),
            Read(step.token_in, BALANCE_OF, (self._wallet,)).call(),
        ]
        try:
            return await self._client.ask(
                [*calls, self._simulation(step, data, gas_limit)],
                lambda replies: (to_head(replies[:2]), replies[2], replies[3], replies[4]),
            )
        except RpcUnavailable as error:
            head, ether, balance = await self._client.ask(
                calls, lambda replies: (to_head(replies[:2]), replies[2], replies[3])
            )
            return head, ether, balance, Fault(0, str(error))

    def _affordable_fees(self, head: Head) -> Fees:
        fees = self._fees.initial(head.base_fee_wei, head.priority_fee_wei)
        if fees is None:
            raise VenueUnavailable(
                f"gas costs {head.base_fee_wei} wei a unit and a priority fee in block "
                f"{head.block.number}, TRADEWIND_MAX_FEE_PER_GAS_WEI allows "
                f"{self._fees.max_fee_per_gas_wei}"
            )
        return fees

    def _simulation(self, step: ExecutionStep, data: bytes, gas_limit: int) -> Call:
        """Return the call that simulates approval and swap, each with its own gas limit."""
        approval = approval_calldata(self._router, step.amount_in)
        calls = [
            self._call(step.token_in, approval, APPROVAL_GAS_LIMIT),
            self._call(self._router, data, gas_limit),
        ]
        block: dict[str, Json] = {"blockStateCalls": [{"calls": calls}], "validation": False}
        return Call(SIMULATE, (block, LATEST))

    def _call(self, to: str, data: bytes, gas_limit: int) -> dict[str, str]:
        gas = to_quantity(gas_limit)
        return {"from": self._wallet, "to": to, "data": to_data(data), "gas": gas}

    async def _refusal_of(
        self, step: ExecutionStep, data: bytes, gas_limit: int, simulated: Reply
    ) -> Refusal | None:
        if _is_no_simulation(simulated):
            return await self._ask_quoter(step)
        approval, swap = result_of(simulated)[0]["calls"]
        if approval["status"] != SUCCEEDED:
            text = decode_revert(parse_data(approval["returnData"]))
            return Refusal(ExecutionFailureReason.TRANSFER_FAILED, f"approval reverted: {text}")
        if swap["status"] == SUCCEEDED:
            return None
        return Refusal(*_failure(swap, gas_limit))

    async def _ask_quoter(self, step: ExecutionStep) -> Refusal | None:
        """Ask QuoterV2 where no node can simulate; a quote needs no allowance."""
        try:
            amount_out = await self._quoted(step)
        except ExecutionReverted as error:
            return Refusal(*failure_of(error.reason))
        if amount_out < step.min_out:
            return Refusal(*failure_of("Too little received"))
        return None

    async def _quoted(self, step: ExecutionStep) -> int:
        quoter, route = self._contracts.quoter_v2, step.route
        if route.path == "two_hop":
            arguments = (hop_path(step), step.amount_in)
            hop = await self._client.read(Read(quoter, QUOTE_EXACT_INPUT, arguments))
            return int(hop[0])
        pair = (step.token_in, step.token_out)
        parts = [(leg.amount_in, leg.fee_pips) for leg in route.legs] or [
            (step.amount_in, route.fee_pips)
        ]
        reads = [Read(quoter, QUOTE_EXACT_INPUT_SINGLE, ((*pair, *part, 0),)) for part in parts]
        return sum(int(amount_out) for amount_out, *_ in await self._client.read_all(reads))


def _is_no_simulation(reply: Any) -> bool:
    """Return whether the node cannot simulate: it answers neither with a revert nor with two calls.

    Nodes and providers name a missing method by many codes, and some answer with something else.
    """
    if isinstance(reply, Fault):
        return not is_revert(reply)
    try:
        approval, swap = reply[0]["calls"]
        return any(
            one["status"] not in STATUSES or "returnData" not in one for one in (approval, swap)
        )
    except NONSENSE:
        return True


def _shortage(
    step: ExecutionStep, gas_limit: int, fees: Fees, ether: Any, balance: Any
) -> Refusal | None:
    token = int(parse_data(balance).hex() or "0", 16)
    gas_wei = (gas_limit + APPROVAL_GAS_LIMIT) * fees.max_fee_per_gas_wei
    ether_wei = parse_quantity(ether)
    if token < step.amount_in:
        sold = step.base if step.base.address == step.token_in else step.quote
        detail = f"the wallet holds {token} of {step.amount_in} base units of {sold.symbol}"
    elif ether_wei < gas_wei:
        detail = f"the wallet holds {ether_wei} wei, gas may cost {gas_wei} wei"
    else:
        return None
    return Refusal(ExecutionFailureReason.INSUFFICIENT_BALANCE, detail)


def _failure(swap: dict[str, Any], gas_limit: int) -> tuple[ExecutionFailureReason, str]:
    text = decode_revert(parse_data(swap.get("returnData", "0x")))
    if text == NO_REASON:
        used_all = parse_quantity(swap["gasUsed"]) >= gas_limit
        text = "out of gas" if used_all else str(swap.get("error", {}).get("message", text))
    return failure_of(text)
