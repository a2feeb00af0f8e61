"""Events of the pools of a pair, read from a node over a range of blocks.

Where the pools are older than the range, their state before it is read first (which needs an
archive node when it is long ago), and the events go on from there.
"""

from collections.abc import Callable, Sequence
from itertools import batched
from typing import Any, Final, NamedTuple

from tradewind.datasets.columns import PoolFacts
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.frames import PoolHeader
from tradewind.datasets.model import Note
from tradewind.datasets.pool_events import PoolEvent, decode, start_of
from tradewind.trading.chain.errors import RpcRefused
from tradewind.trading.chain.hexadecimal import parse_quantity, to_quantity
from tradewind.trading.chain.json_rpc import Call, Reply
from tradewind.trading.chain.log_ranges import MAX_LOG_BLOCKS, LogQuery
from tradewind.trading.chain.pool_loader import load_states, to_block
from tradewind.trading.chain.pool_state import Block, Pool
from tradewind.trading.chain.rpc_client import NONSENSE, RpcClient, result_of
from tradewind.trading.chain.uniswap_v3 import BURN, INITIALIZE, MINT, SWAP

TOPICS: Final = tuple(event.topic for event in (SWAP, MINT, BURN, INITIALIZE))
WINDOW_BLOCKS: Final = MAX_LOG_BLOCKS * 4
HEADERS_A_BATCH: Final = 500
MAX_EVENTS: Final = 5_000_000


class Blocks(NamedTuple):
    """A range of blocks, both ends included."""

    first: int
    last: int


class FetchedEvents(NamedTuple):
    """Events in the order of the chain, of those pools that have any."""

    pools: tuple[PoolHeader, ...]
    events: list[PoolEvent]
    notes: list[Note]


class EventFetcher:
    """Reads the events of pools. Raises RpcUnavailable, and RpcRefused for what no node has."""

    def __init__(self, client: RpcClient, tick_lens: str, pools: Sequence[Pool]) -> None:
        self._client = client
        self._tick_lens = tick_lens
        self._pools = pools

    async def fetch(
        self, blocks: Blocks, told: Callable[[int, int], None] = lambda block, events: None
    ) -> FetchedEvents:
        """Return the events of a range; `told` hears how far it is, and of how many events.

        RpcUnavailable when a reorg changes the range meanwhile. Replay them before they are kept:
        that finds what a node has left out.
        """
        end = await self._block(blocks.last)
        events, notes = await self._starts(blocks.first - 1) if blocks.first else ([], [])
        for first in range(blocks.first, blocks.last + 1, WINDOW_BLOCKS):
            last = min(first + WINDOW_BLOCKS - 1, blocks.last)
            events += await self._window(first, last)
            if len(events) > MAX_EVENTS:
                raise DatasetRefused(f"more than {MAX_EVENTS:,} events: fetch fewer blocks")
            told(last, len(events))
        if (await self._block(blocks.last)).hash != end.hash:
            raise DatasetRefused("the chain changed meanwhile: fetch blocks that are final")
        found = {event.pool for event in events}
        headers = [_header(pool) for pool in self._pools if pool.address in found]
        return FetchedEvents(tuple(headers), events, notes)

    async def _starts(self, number: int) -> tuple[list[PoolEvent], list[Note]]:
        """Return the states of the pools at the end of a block, of those that exist there."""
        rows: list[PoolEvent] = []
        notes: list[Note] = []
        for pool in self._pools:
            try:
                block, (state,) = await load_states(
                    self._client, self._tick_lens, [pool], to_quantity(number)
                )
            except RpcRefused:
                # It is not there yet, or the node has forgotten; which of the two, the replay says.
                text = f"{pool.address} was not to be read at block {number}"
                notes.append(Note(code="no_start", rows=1, text=text))
                continue
            if state.is_initialized:
                time_ms = int(block.time.timestamp()) * 1_000
                rows += start_of(state, block.number, time_ms, len(rows))
        return rows, notes

    async def _window(self, first: int, last: int) -> list[PoolEvent]:
        addresses = tuple(pool.address for pool in self._pools)
        logs = await self._client.logs(LogQuery(addresses, TOPICS, first, last))
        numbers = sorted({parse_quantity(log["blockNumber"]) for log in logs})
        times = await self._times(numbers)
        events = []
        for log in logs:
            number = parse_quantity(log["blockNumber"])
            try:
                event = decode(log, number, times[number], parse_quantity(log["logIndex"]))
            except NONSENSE as error:
                raise DatasetRefused(f"a log of block {number} is malformed: {error}") from None
            if event is not None:
                events.append(event)
        return events

    async def _times(self, numbers: Sequence[int]) -> dict[int, int]:
        """Return when blocks were, in milliseconds, by number."""
        times: dict[int, int] = {}
        for some in batched(numbers, HEADERS_A_BATCH, strict=False):
            calls = [_header_call(number) for number in some]
            for block in await self._client.ask(calls, _to_blocks):
                times[block.number] = int(block.time.timestamp()) * 1_000
        return times

    async def _block(self, number: int) -> Block:
        (block,) = await self._client.ask([_header_call(number)], _to_blocks)
        return block


async def block_at(client: RpcClient, moment_s: int, newest: int) -> int:
    """Return the first block at or after a time, by bisection; `newest` + 1 when there is none."""
    low, high = 0, newest + 1
    while low < high:
        middle = (low + high) // 2
        (block,) = await client.ask([_header_call(middle)], _to_blocks)
        if block.time.timestamp() < moment_s:
            low = middle + 1
        else:
            high = middle
    return low


def _header_call(number: int) -> Call:
    return Call("eth_getBlockByNumber", (to_quantity(number), False))


def _to_blocks(replies: list[Reply]) -> list[Block]:
    headers: list[dict[str, Any]] = [result_of(reply) for reply in replies]
    return [to_block(header) for header in headers]


def _header(pool: Pool) -> PoolHeader:
    return PoolHeader.of(PoolFacts(*pool))
