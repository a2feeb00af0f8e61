"""Simulates a swap before it gets a nonce, so that one that would surely revert is never sent.

On a node that cannot simulate, the quoter decides. It knows the pools and not the tokens, so there
a token that keeps a part of every transfer shows only in what arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.exceptions import DecodingError

from actors.venues.contract import VenueUnavailable
from actors.venues.uniswap_v3.approvals import ApprovalPolicy
from actors.venues.uniswap_v3.arrivals import loss_to_token
from actors.venues.uniswap_v3.calldata import approval_calldata, hop_path, refused_transfers
from actors.venues.uniswap_v3.failures import failure_of, in_words
from actors.venues.uniswap_v3.fees import FeePolicy
from actors.venues.uniswap_v3.gas import (
    APPROVAL_GAS_LIMIT,
    READ_GAS_LIMIT,
    TRANSFER_GAS_LIMIT,
    swap_gas_limit,
)
from actors.venues.uniswap_v3.receipts import UnreadableReceipt
from actors.venues.uniswap_v3.simulation import SimulatedCall, read_simulation
from actors.venues.uniswap_v3.swap_receipt import SwapFill, read_fill
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.trading.chain.contract_interface import LATEST, Read
from tradewind.trading.chain.erc20 import ALLOWANCE, BALANCE_OF
from tradewind.trading.chain.errors import ExecutionReverted, RpcRefused, RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_data, parse_quantity, to_data, to_quantity
from tradewind.trading.chain.json_rpc import Call, Fault, Json, Reply
from tradewind.trading.chain.pool_loader import HEAD_CALLS, Head, to_head
from tradewind.trading.chain.rpc_client import NONSENSE, RpcClient, result_of
from tradewind.trading.chain.uniswap_v3 import (
    QUOTE_EXACT_INPUT,
    QUOTE_EXACT_INPUT_SINGLE,
    UniswapV3Contracts,
)
from tradewind.trading.wallet.records import Fees

SIMULATE: Final = "eth_simulateV1"
CALLS_BESIDE_APPROVALS: Final = 6
"""The allowance, the swap, and before and after everything the balances of both tokens."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The swap succeeds in the state of the newest block, with this gas limit and these fees."""

    gas_limit: int
    fees: Fees
    allowance: int | None = None
    """What the chain says the router may take; None where the token does not tell."""


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
        approvals: ApprovalPolicy,
    ) -> None:
        self._client = client
        self._contracts = contracts
        self._router = router
        self._wallet = wallet
        self._fees = fees
        self._approvals = approvals

    async def run(
        self, step: ExecutionStep, data: bytes, projected: int | None = 0
    ) -> Ready | Refusal:
        """Return gas limit and fees of the swap, or why it is refused.

        One request is enough where the chain shows the allowance that the journal projects.
        """
        gas_limit = swap_gas_limit(step.route)
        swap = self._call(self._router, data, gas_limit)
        expected = self._approvals.amounts(projected or 0, step.amount_in)
        try:
            simulation = self._simulation(step, swap, expected)
            head, (ether, balance, allowed, simulated) = await self._ask(step, simulation)
            fees = self._affordable_fees(head)
            allowance = _allowance(allowed)
            amounts = self._approvals.amounts(allowance, step.amount_in)
            gas = gas_limit + APPROVAL_GAS_LIMIT * len(amounts)
            shortage = _shortage(step, gas, fees, result_of(ether), result_of(balance))
            if shortage is not None:
                return shortage
            if amounts != expected:
                simulated = await self._simulate(self._simulation(step, swap, amounts))
            refusal = await self._refusal_of(step, gas_limit, amounts, simulated)
        except (RpcUnavailable, RpcRefused, ValueError, KeyError, TypeError) as error:
            raise VenueUnavailable(f"the swap cannot be tried out: {error}") from error
        return refusal or Ready(gas_limit, fees, allowance)

    async def _ask(self, step: ExecutionStep, simulation: Call) -> tuple[Head, list[Reply]]:
        """Return the head, and the replies about ether, balance, allowance and the simulation.

        A node may fail a whole request because of a simulation it cannot do, so the rest is asked
        again without it: only when that fails too is the node away.
        """
        calls = [
            *HEAD_CALLS,
            Call("eth_getBalance", (self._wallet, LATEST)),
            Read(step.token_in, BALANCE_OF, (self._wallet,)).call(),
            Read(step.token_in, ALLOWANCE, (self._wallet, self._router)).call(),
        ]
        try:
            return await self._client.ask(
                [*calls, simulation], lambda replies: (to_head(replies[:2]), replies[2:])
            )
        except RpcUnavailable as error:
            fault = Fault(0, str(error))
            return await self._client.ask(
                calls, lambda replies: (to_head(replies[:2]), [*replies[2:], fault])
            )

    async def _simulate(self, simulation: Call) -> Reply:
        try:
            (reply,) = await self._client.batch([simulation])
        except RpcUnavailable as error:
            return Fault(0, str(error))
        return reply

    def _affordable_fees(self, head: Head) -> Fees:
        fees = self._fees.initial(head.base_fee_wei, head.priority_fee_wei)
        if fees is None:
            raise VenueUnavailable(
                f"gas costs {head.base_fee_wei} wei a unit and a priority fee in block "
                f"{head.block.number}, TRADEWIND_MAX_FEE_PER_GAS_WEI allows "
                f"{self._fees.max_fee_per_gas_wei}"
            )
        return fees

    def _simulation(
        self, step: ExecutionStep, swap: dict[str, str], amounts: Sequence[int]
    ) -> Call:
        """Return the call that simulates what would be sent, between readings of the balances."""
        readings = [
            self._call(token, BALANCE_OF.encode(self._wallet), READ_GAS_LIMIT)
            for token in (step.token_in, step.token_out)
        ]
        allowance = self._call(
            step.token_in, ALLOWANCE.encode(self._wallet, self._router), READ_GAS_LIMIT
        )
        approvals = self._approvals_of(step, amounts)
        return _simulation([allowance, *readings, *approvals, swap, *readings])

    def _approvals_of(self, step: ExecutionStep, amounts: Sequence[int]) -> list[dict[str, str]]:
        return [
            self._call(step.token_in, approval_calldata(self._router, one), APPROVAL_GAS_LIMIT)
            for one in amounts
        ]

    def _call(
        self, to: str, data: bytes, gas_limit: int, sender: str | None = None
    ) -> dict[str, str]:
        gas = to_quantity(gas_limit)
        return {"from": sender or self._wallet, "to": to, "data": to_data(data), "gas": gas}

    async def _refusal_of(
        self, step: ExecutionStep, gas_limit: int, amounts: Sequence[int], simulated: Reply
    ) -> Refusal | None:
        calls = _simulated_calls(simulated, len(amounts) + CALLS_BESIDE_APPROVALS)
        if calls is None:
            return await self._ask_quoter(step)
        allowed, sold_before, bought_before, *calls = calls
        *approvals, swap, sold_after, bought_after = calls
        if any(one.refusal() for one in (*approvals, swap)):
            self._require_same_state(allowed, step, amounts)
        for amount, approval in zip(amounts, approvals, strict=True):
            if text := approval.refusal():
                detail = f"the approval of {amount} base units is refused: {in_words(text)}"
                return Refusal(ExecutionFailureReason.TRANSFER_FAILED, detail)
        if text := swap.refusal(gas_limit):
            return await self._explained(step, amounts, text)
        sold, bought = _growth(sold_after, sold_before), _growth(bought_before, bought_after)
        lost = loss_to_token(step, self._fill(step, swap), sold, bought)
        return None if lost is None else Refusal(*lost)

    def _require_same_state(
        self, allowed: SimulatedCall, step: ExecutionStep, amounts: Sequence[int]
    ) -> None:
        """Raise VenueUnavailable where the swap was tried with the approvals of another state.

        The allowance was read before: a transaction of ours that was mined since may have used it
        up, and then the swap fails for want of an approval that it would have been given.
        """
        if allowed.word is None:
            return
        if self._approvals.amounts(allowed.word, step.amount_in) != tuple(amounts):
            raise VenueUnavailable("the allowance changed while the swap was tried out")

    def _fill(self, step: ExecutionStep, swap: SimulatedCall) -> SwapFill | None:
        try:
            return read_fill(swap.logs, step, wallet=self._wallet, router=self._router)
        except UnreadableReceipt:
            return None

    async def _explained(self, step: ExecutionStep, amounts: Sequence[int], text: str) -> Refusal:
        """Return the refusal of a swap, with the token's own words where it refuses a transfer.

        Router and pool hide them behind letters, so the transfer is tried by itself.
        """
        reason, detail = failure_of(text)
        transfers = [
            self._call(token, data, TRANSFER_GAS_LIMIT, sender)
            for sender, token, data in refused_transfers(step, text, self._router, self._wallet)
        ]
        if transfers:
            approvals = self._approvals_of(step, amounts)
            calls = [*approvals, *transfers]
            tried = _simulated_calls(await self._simulate(_simulation(calls)), len(calls)) or []
            words = next(filter(None, (one.refusal() for one in tried[len(approvals) :])), None)
            if words is not None:
                detail = f"{detail}; tried by itself, the token says: {in_words(words)}"
        return Refusal(reason, detail)

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


def _simulated_calls(reply: Reply, count: int) -> list[SimulatedCall] | None:
    """Return the calls of a simulation, or None where the node cannot simulate.

    Nodes and providers name a missing method by many codes, and some answer with something else.
    """
    if isinstance(reply, Fault):
        return None
    try:
        calls = read_simulation(reply)
    except NONSENSE:
        return None
    return calls if len(calls) == count else None


def _shortage(
    step: ExecutionStep, gas: int, fees: Fees, ether: Any, balance: Any
) -> Refusal | None:
    token = int(parse_data(balance).hex() or "0", 16)
    gas_wei = gas * fees.max_fee_per_gas_wei
    ether_wei = parse_quantity(ether)
    if token < step.amount_in:
        sold = step.base if step.base.address == step.token_in else step.quote
        detail = f"the wallet holds {token} of {step.amount_in} base units of {sold.symbol}"
    elif ether_wei < gas_wei:
        detail = f"the wallet holds {ether_wei} wei, gas may cost {gas_wei} wei"
    else:
        return None
    return Refusal(ExecutionFailureReason.INSUFFICIENT_BALANCE, detail)


def _simulation(calls: Sequence[dict[str, str]]) -> Call:
    block: dict[str, Json] = {"blockStateCalls": [{"calls": calls}], "validation": False}
    return Call(SIMULATE, (block, LATEST))


def _allowance(reply: Reply) -> int | None:
    """Return an allowance, or None where the token does not tell."""
    try:
        return int(ALLOWANCE.decode(parse_data(result_of(reply)))[0])
    except (RpcRefused, DecodingError, ValueError):
        return None


def _growth(before: SimulatedCall, after: SimulatedCall) -> int | None:
    """Return by how much a balance grew, or None where the token does not tell."""
    if before.word is None or after.word is None:
        return None
    return after.word - before.word
