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
from tradewind.trading.chain.reverts import NO_REASON, decode_revert
from tradewind.trading.chain.rpc_client import RpcClient, result_of
from tradewind.trading.chain.uniswap_v3 import (
    QUOTE_EXACT_INPUT,
    QUOTE_EXACT_INPUT_SINGLE,
    UniswapV3Contracts,
)
from tradewind.trading.wallet.records import Fees

SIMULATE: Final = "eth_simulateV1"
METHOD_NOT_FOUND: Final = -32_601
SUCCEEDED: Final = "0x1"


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
        calls = [
            Call("eth_getBlockByNumber", (LATEST, False)),
            Call("eth_maxPriorityFeePerGas"),
            Call("eth_getBalance", (self._wallet, LATEST)),
            Read(step.token_in, BALANCE_OF, (self._wallet,)).call(),
            self._simulation(step, data, gas_limit),
        ]
        try:
            header, priority, ether, balance, simulated = await self._client.batch(calls)
            fees = self._fees.initial(
                parse_quantity(result_of(header)["baseFeePerGas"]), _suggestion(priority)
            )
            if fees is None:
                raise VenueUnavailable("gas costs more than TRADEWIND_MAX_FEE_PER_GAS_WEI")
            shortage = _shortage(step, gas_limit, fees, result_of(ether), result_of(balance))
            if shortage is not None:
                return shortage
            refusal = await self._refusal_of(step, data, gas_limit, simulated)
        except (RpcUnavailable, RpcRefused, ValueError, KeyError, TypeError) as error:
            raise VenueUnavailable(f"the swap cannot be tried out: {error}") from error
        return refusal or Ready(gas_limit, fees)

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
        if isinstance(simulated, Fault) and simulated.code == METHOD_NOT_FOUND:
            return await self._ask_quoter(step)
        approval, swap = result_of(simulated)[0]["calls"]
        if approval["status"] != SUCCEEDED:
            text = decode_revert(parse_data(approval["returnData"]))
            return Refusal(ExecutionFailureReason.TRANSFER_FAILED, f"approval reverted: {text}")
        if swap["status"] == SUCCEEDED:
            return None
        return Refusal(*_failure(swap, gas_limit))

    async def _ask_quoter(self, step: ExecutionStep) -> Refusal | None:
        """Ask QuoterV2 on nodes without eth_simulateV1; a quote needs no allowance."""
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


def _suggestion(reply: Reply) -> int:
    """Return the priority fee the node suggests, in wei; 0 where it does not know the method."""
    return 0 if isinstance(reply, Fault) else parse_quantity(reply)


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
