"""Writes the timeline: what the events after its mark add, in order, one transaction a stretch.

Every row follows from the ledger and names the event it is of, so writing one again changes
nothing. The mark moves in the same transaction, whose lock on it keeps other historians out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
import structlog

from tradewind.contracts.registry import resting_topics
from tradewind.failpoints import failpoint
from tradewind.ledger.history.trades import FILLS, REFUSALS
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.timeline.positions import Key, ToldFill, Total, fill_of, key_rows, total_of, totals
from tradewind.timeline.queries import QUERIES

STRETCH_EVENTS: Final = 2_048
"""How many events one transaction takes."""
COUNTED_EVENTS: Final = 4_096
"""Counts are kept after every so many events."""
RECENT_TOTALS: Final = 20
"""How many totals of a key are read to put a late fill in its place; more where it is later."""
STATEMENT_SECONDS: Final = 60.0
WRITTEN: Final = "historian.written"
FAILPOINTS: Final = (WRITTEN,)

_WHOLE = QUERIES["select_whole"]
_LOCK = QUERIES["lock_watermark"]
_HEAD = QUERIES["select_head"]
_MOVE = QUERIES["move_watermark"]
_FORGET = QUERIES["forget_all"]
_FLOWS = QUERIES["write_flows"]
_LINKS = QUERIES["write_links"]
_DECISIONS = QUERIES["write_decisions"]
_TRADES = QUERIES["write_trades"]
_FILLS = QUERIES["select_fills"]
_TOLD = QUERIES["select_told_fills"]
_LAST_POSITIONS = QUERIES["select_last_positions"]
_KEYS = QUERIES["write_position_keys"]
_LAST_COUNTERS = QUERIES["select_last_counters"]
_TOPICS = QUERIES["count_topics"]
_REFUSALS = QUERIES["count_refusals"]
_COUNTERS = QUERIES["write_counters"]
_RESTING: Final = sorted(resting_topics())
_COLUMNS: Final = (
    *("strategy_id", "chain", "base", "quote", "global_seq", "fill_key", "place", "bought", "paid"),
    *("quantity", "cost", "realised", "fills", "last_place", "last_at"),
    "opened_seq",
)

logger = structlog.get_logger(__name__)


class Advance(NamedTuple):
    """How far the timeline is, how far the ledger goes, and how many events were taken."""

    reached: int
    last: int
    events: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to do."""
        return self.reached >= self.last


class Counts(NamedTuple):
    """Events by topic, and refusals by who refused and why."""

    by_topic: Counter[str]
    by_reason: Counter[str]


class Historian:
    """Advances the timeline. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def advance(self, events: int = STRETCH_EVENTS) -> Advance:
        """Take the next events, `events` at most; none when the timeline is whole."""
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                last = await connection.fetchval(_WHOLE)
                if last is not None:
                    return Advance(last, last, 0)
                async with connection.transaction():
                    return await _advance(connection, events)

    async def begin_again(self) -> None:
        """Remove everything that was written, so that it is written anew."""
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                mark = await connection.fetchrow(_LOCK)
                await connection.execute(_FORGET)
                await connection.execute(_MOVE, mark["incarnation"], 0)


async def _advance(connection: Connection, events: int) -> Advance:
    mark = await connection.fetchrow(_LOCK)
    start = mark["global_seq"]
    head = await connection.fetchrow(_HEAD, start)
    if start and (head["event_id"] or "") != mark["event_id"]:
        logger.warning("another history than before: the timeline begins again", was_at=start)
        await connection.execute(_FORGET)
        start = 0
    last = head["last_global_seq"]
    end = min(start + events, last)
    if end > start:
        await _write(connection, start, end)
        failpoint(WRITTEN)
    if end != mark["global_seq"] or head["incarnation"] != mark["incarnation"]:
        await connection.execute(_MOVE, head["incarnation"], end)
    return Advance(end, last, end - start)


async def _write(connection: Connection, start: int, end: int) -> None:
    told: dict[str, tuple[object, ...]] = {
        _FLOWS: (_RESTING,), _LINKS: (), _DECISIONS: (), _TRADES: ((*FILLS, *REFUSALS),),
    }  # fmt: skip
    for statement, arguments in told.items():
        await connection.execute(statement, start, end, *arguments, timeout=STATEMENT_SECONDS)
    await write_positions(connection, start, end)
    await _write_counters(connection, start, end)


async def write_positions(connection: Connection, start: int, end: int) -> None:
    """Write a row for each fill among these events that is not known."""
    fills = await new_fills(connection, start, end)
    if not fills:
        return
    await connection.execute(_KEYS, key_rows(fills))
    rows: list[tuple[Any, ...]] = []
    by_key: dict[Key, list[ToldFill]] = {}
    for fill in fills:
        by_key.setdefault(fill.key, []).append(fill)
    for key, some in by_key.items():
        made = await _totals(connection, key, some)
        rows += [
            (*key, one.global_seq, fill.fill_key, *one[1:], fill.opened_seq)
            for fill, one in zip(some, made, strict=True)
        ]
    await connection.copy_records_to_table(
        "positions", schema_name="timeline", columns=_COLUMNS, records=rows
    )


async def new_fills(connection: Connection, start: int, end: int) -> list[ToldFill]:
    """Return the fills among these events; of those with one key the first, if it is new."""
    fills = [fill_of(row) for row in await connection.fetch(_FILLS, start, end)]
    names = [(one.strategy_id, one.fill_key) for one in fills]
    columns = list(map(list, zip(*names, strict=True))) or [[], []]
    seen = {
        (row["strategy_id"], row["fill_key"]) for row in await connection.fetch(_TOLD, *columns)
    }
    new = []
    for fill, name in zip(fills, names, strict=True):
        if name not in seen:
            seen.add(name)
            new.append(fill)
    return new


async def _totals(connection: Connection, key: Key, fills: Sequence[ToldFill]) -> list[Total]:
    """Return the totals after these fills; the later one is, the more is read."""
    limit = RECENT_TOTALS
    while True:
        rows = await connection.fetch(_LAST_POSITIONS, *key, limit, fills[0].global_seq)
        recent = [total_of(row) for row in reversed(rows)]
        made = totals(recent, fills, is_whole=len(rows) < limit)
        if made is not None:
            return made
        limit *= 10


async def _write_counters(connection: Connection, start: int, end: int) -> None:
    for place in range((start // COUNTED_EVENTS + 1) * COUNTED_EVENTS, end + 1, COUNTED_EVENTS):
        counts = await counts_at(connection, place)
        written = (orjson.dumps(one, option=orjson.OPT_SORT_KEYS).decode() for one in counts)
        await connection.execute(_COUNTERS, place, *written)


async def counts_at(connection: Connection, place: int) -> Counts:
    """Count the events up to a place: what is kept of most of them, and the rest."""
    kept: Mapping[str, Any] | None = await connection.fetchrow(_LAST_COUNTERS, place)
    counts = Counts(Counter(), Counter())
    after = 0
    if kept is not None:
        after = kept["global_seq"]
        counts.by_topic.update(orjson.loads(kept["by_topic"]))
        counts.by_reason.update(orjson.loads(kept["by_reason"]))
    for topic, events in await connection.fetch(_TOPICS, after, place, timeout=STATEMENT_SECONDS):
        counts.by_topic[topic] += events
    refused = await connection.fetch(_REFUSALS, after, place, REFUSALS, timeout=STATEMENT_SECONDS)
    for reason, refusals in refused:
        counts.by_reason[reason] += refusals
    return counts
