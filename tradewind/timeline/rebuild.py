"""Makes the timeline again from the ledger, or compares it with the ledger."""

from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

import orjson

from tradewind.contracts.registry import resting_topics
from tradewind.ledger.history.trades import FILLS, REFUSALS
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.timeline.historian import COUNTED_EVENTS, Historian
from tradewind.timeline.positions import Key, ToldFill, Total, fill_of, total_of, totals
from tradewind.timeline.queries import QUERIES

REBUILT_EVENTS: Final = 16_384
"""How many events one transaction of a rebuild, and one look of a comparison, takes."""
KEPT_TOTALS: Final = 10_000
"""How many totals of a key a comparison keeps, to put late fills in their places."""
STATEMENT_SECONDS: Final = 1_800.0

type Progress = Callable[[int, int], object]
"""Is told how many events are done, and how many there are."""

_HEAD = QUERIES["select_head"]
_MARK = "SELECT global_seq FROM timeline.watermark"
_WRONG_FLOWS = QUERIES["wrong_flows"]
_WRONG_LINKS = QUERIES["wrong_links"]
_WRONG_DECISIONS = QUERIES["wrong_decisions"]
_WRONG_TRADES = QUERIES["wrong_trades"]
_FILLS = QUERIES["select_fills"]
_KEPT = QUERIES["select_positions_between"]
_TOPICS = QUERIES["count_topics"]
_REFUSALS = QUERIES["count_refusals"]
_COUNTERS = QUERIES["select_last_counters"]


class Differences(NamedTuple):
    """How many events were compared, and how many rows of each table are not as they say."""

    events: int
    flows: int = 0
    positions: int = 0
    counters: int = 0
    links: int = 0
    decisions: int = 0
    trades: int = 0

    @property
    def wrong(self) -> int:
        return sum(self[1:])


async def rebuild(pool: Pool, progress: Progress = lambda done, last: None) -> int:
    """Write the timeline anew, and return how many events it has; others may read meanwhile.

    What it has not come to again is answered as what the historian has not come to yet.
    """
    historian = Historian(pool)
    await historian.begin_again()
    while not (advance := await historian.advance(REBUILT_EVENTS)).is_whole:
        progress(advance.reached, advance.last)
    return advance.reached


async def verify(pool: Pool, progress: Progress = lambda done, last: None) -> Differences:
    """Compare the timeline with the ledger as far as it goes; nothing is changed."""
    with outage_is_transient():
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            last = await connection.fetchval(_MARK)
            flows = await connection.fetchval(
                _WRONG_FLOWS, last, sorted(resting_topics()), timeout=STATEMENT_SECONDS
            )
            comparison = _Comparison(connection)
            for start in range(0, last, REBUILT_EVENTS):
                await comparison.take(start, min(start + REBUILT_EVENTS, last))
                progress(start, last)
    return Differences(last, flows, *comparison.wrong)


class _Comparison:
    """Compares stretch by stretch, and remembers what the events before came to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._totals: dict[Key, list[Total]] = {}
        self._told: set[tuple[str, str]] = set()
        self._topics: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self.wrong = [0, 0, 0, 0, 0]
        """Positions, counters, links, decisions and trades."""

    async def take(self, start: int, end: int) -> None:
        connection = self._connection
        self.wrong[0] += await self._positions(start, end)
        self.wrong[1] += await self._counters(start, end)
        statements: dict[str, tuple[object, ...]] = {
            _WRONG_LINKS: (), _WRONG_DECISIONS: (), _WRONG_TRADES: ((*FILLS, *REFUSALS),),
        }  # fmt: skip
        for place, (statement, arguments) in enumerate(statements.items(), 2):
            self.wrong[place] += await connection.fetchval(
                statement, start, end, *arguments, timeout=STATEMENT_SECONDS
            )

    async def _positions(self, start: int, end: int) -> int:
        rows = await self._connection.fetch(_FILLS, start, end, timeout=STATEMENT_SECONDS)
        fills = [fill_of(row) for row in rows]
        found = await self._connection.fetch(_KEPT, [one.global_seq for one in fills])
        kept = {row["global_seq"]: total_of(row) for row in found}
        expected = {one.global_seq: self._next(one) for one in fills if self._is_new(one)}
        return sum(kept.get(place) != total for place, total in expected.items()) + len(
            kept.keys() - expected.keys()
        )

    def _is_new(self, fill: ToldFill) -> bool:
        name = fill.strategy_id, fill.fill_key
        is_new = name not in self._told
        self._told.add(name)
        return is_new

    def _next(self, fill: ToldFill) -> Total | None:
        known = self._totals.setdefault(fill.key, [])
        made = totals(known, [fill], is_whole=not known or known[0].fills == 1)
        if made is None:
            return None
        known += made
        del known[:-KEPT_TOTALS]
        return made[0]

    async def _counters(self, start: int, end: int) -> int:
        wrong = 0
        for after in range(start, end, COUNTED_EVENTS):
            place = min(after + COUNTED_EVENTS, end)
            self._topics.update(dict(await self._connection.fetch(_TOPICS, after, place)))
            refused = await self._connection.fetch(_REFUSALS, after, place, REFUSALS)
            self._reasons.update(dict(refused))
            if place % COUNTED_EVENTS == 0:
                wrong += await self._is_wrong(place)
        return wrong

    async def _is_wrong(self, place: int) -> bool:
        kept = await self._connection.fetchrow(_COUNTERS, place)
        if kept is None or kept["global_seq"] != place:
            return True
        read = (orjson.loads(kept["by_topic"]), orjson.loads(kept["by_reason"]))
        return read != (dict(self._topics), dict(self._reasons))
