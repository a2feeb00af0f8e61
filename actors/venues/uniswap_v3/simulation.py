"""Reads what eth_simulateV1 says of a series of calls."""

from dataclasses import dataclass
from typing import Any, Final

from actors.venues.uniswap_v3.receipts import Log, UnreadableReceipt, read_logs
from tradewind.trading.chain.hexadecimal import parse_data, parse_quantity
from tradewind.trading.chain.reverts import NO_REASON, decode_revert

SUCCEEDED: Final = 1
WORD_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class SimulatedCall:
    """One call of a simulation."""

    succeeded: bool
    output: bytes
    logs: tuple[Log, ...] | None
    """None where the node tells no logs, or none that can be read."""
    gas_used: int
    message: str
    """The node's own words for a call that failed."""

    @property
    def word(self) -> int | None:
        """The output as a number, or None where it is no single word."""
        is_word = self.succeeded and len(self.output) == WORD_BYTES
        return int.from_bytes(self.output) if is_word else None

    def refusal(self, gas_limit: int | None = None) -> str:
        """Return why the call had no effect, or an empty text where it had one.

        Tokens answer false where others revert.
        """
        if self.succeeded:
            return "it answers false" if self.word == 0 else ""
        text = decode_revert(self.output)
        if text != NO_REASON:
            return text
        is_out_of_gas = gas_limit is not None and self.gas_used >= gas_limit
        return "out of gas" if is_out_of_gas else self.message or text


def read_simulation(result: Any) -> list[SimulatedCall]:
    """Return the calls of the only block; ValueError, TypeError or KeyError for nonsense."""
    return [_read(call) for call in result[0]["calls"]]


def _read(call: dict[str, Any]) -> SimulatedCall:
    error = call.get("error")
    return SimulatedCall(
        succeeded=parse_quantity(call["status"]) == SUCCEEDED,
        output=parse_data(call.get("returnData", "0x")),
        logs=_logs(call),
        gas_used=parse_quantity(call.get("gasUsed", 0)),
        message=str(error.get("message", "")) if isinstance(error, dict) else "",
    )


def _logs(call: dict[str, Any]) -> tuple[Log, ...] | None:
    try:
        return read_logs(call.get("logs"))
    except UnreadableReceipt:
        return None
