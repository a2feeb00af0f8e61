"""Reads logs of a range of blocks from one endpoint, in ranges as long as it takes.

Providers limit eth_getLogs by blocks, by results and by time, with a dozen codes and texts. So any
fault in place of logs halves the range, and what worked is remembered.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from tradewind.trading.chain.endpoint import EndpointFailure
from tradewind.trading.chain.errors import RpcRefused
from tradewind.trading.chain.hexadecimal import parse_quantity, to_quantity
from tradewind.trading.chain.json_rpc import Call, Fault, Json, Reply
from tradewind.trading.chain.portion import Portion

MAX_LOG_BLOCKS: Final = 500

type Log = dict[str, Any]
type Exchange = Callable[[Sequence[Call]], Awaitable[list[Reply]]]


class LogQuery(NamedTuple):
    """Logs of some contracts, of any of some topics, in blocks `first` to `last`."""

    addresses: tuple[str, ...]
    topics: tuple[str, ...]
    first: int
    last: int
    indexed: tuple[str | None, ...] = ()
    """What the indexed fields have to be, as words of 32 bytes; None for anything."""


class LogRanges:
    """The logs of one endpoint."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._portion = Portion(MAX_LOG_BLOCKS)

    async def read(self, query: LogQuery, beside: Sequence[Call]) -> tuple[list[Log], list[Reply]]:
        """Return the logs in their order, and the replies to calls asked in the same batch.

        RpcRefused when not even a single block's logs are to be had, ValueError for nonsense.
        """
        size = asked = min(self._portion.size, query.last - query.first + 1)
        fault: Fault | None = None
        while True:
            try:
                answer = await self._try(query, size, beside)
            except EndpointFailure as failure:
                if failure.is_slow and size > 1:
                    self._portion.learn(size // 2)
                if not failure.is_refusal or (size == 1 and fault is None):
                    raise
                answer = Fault(0, str(failure))
            else:
                if not isinstance(answer, Fault):
                    break
                fault = answer
            if size == 1:
                raise RpcRefused(f"eth_getLogs of a block: {answer.message} ({answer.code})")
            size = (size + 1) // 2
        if size < asked:
            self._portion.learn(size)
        return answer

    async def _try(
        self, query: LogQuery, size: int, beside: Sequence[Call]
    ) -> tuple[list[Log], list[Reply]] | Fault:
        """Return logs and replies, or the first fault in place of logs, which proves a node."""
        calls = list(_calls(query, size))
        replies = await self._exchange([*calls, *beside])
        parts, others = replies[: len(calls)], replies[len(calls) :]
        fault = next((part for part in parts if isinstance(part, Fault)), None)
        if fault is not None:
            return fault
        logs = [log for part in parts for log in _checked(part, query)]
        return sorted(logs, key=_position), others


def _calls(query: LogQuery, size: int) -> Iterator[Call]:
    for first in range(query.first, query.last + 1, size):
        span: dict[str, Json] = {
            "fromBlock": to_quantity(first),
            "toBlock": to_quantity(min(first + size - 1, query.last)),
            "address": query.addresses,
            "topics": [query.topics, *query.indexed],
        }
        yield Call("eth_getLogs", (span,))


def _checked(part: Any, query: LogQuery) -> list[Log]:
    """Return the logs of a reply; ValueError when one is not of the blocks that were asked for."""
    if not isinstance(part, list) or not all(isinstance(log, dict) for log in part):
        raise ValueError("eth_getLogs returned no list of logs")
    for log in part:
        if log.get("removed"):
            raise ValueError("eth_getLogs returned a removed log")
        number, _ = _position(log)
        if not query.first <= number <= query.last:
            raise ValueError(f"eth_getLogs returned a log of block {number}")
    return part


def _position(log: Log) -> tuple[int, int]:
    return parse_quantity(log.get("blockNumber")), parse_quantity(log.get("logIndex"))
