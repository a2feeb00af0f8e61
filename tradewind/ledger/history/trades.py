"""Finds what was refused and what was filled, newest first, by indexes only.

The historian keeps a narrow row of each, by which it is found, and what it has not come to is
looked for in the ledger. What no index tells, such as whether a name fits a pattern, is looked at
in the next places only: a page may be short, and says where it ended.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from tradewind.contracts.execution.payloads import ExecutionFailed, StepFilled
from tradewind.contracts.intents.payloads import IntentExpired
from tradewind.contracts.plans.payloads import PlanRejected
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.ledger.history.search import parsed, places_between
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import RecordedEvent
from tradewind.postgres import Connection, Pool, outage_is_transient

REFUSALS: Final = (
    RiskRejected.topic,
    PlanRejected.topic,
    ExecutionFailed.topic,
    IntentExpired.topic,
)
"""The ends of intents of which nothing was executed; of exec.failed, those never submitted."""
FILLS: Final = (StepFilled.topic,)
MAX_PLACES: Final = 1_000
"""How many events a page looks at."""
FIRST_PLACES: Final = 2
"""How many events a page looks at first for each that it shows: mostly that is enough."""
LEAST_PLACES: Final = 100
MAX_COUNTED: Final = 10_000
"""How many events a count looks at."""
MAX_REASONS: Final = 200

_FITTING = QUERIES["select_fitting"]
_REASONS = QUERIES["select_reasons"]
_OF_TOPICS = QUERIES["select_places_of_topics"]
_OF_PORTFOLIO = QUERIES["select_places_of_portfolio"]
_OF_STRATEGY = QUERIES["select_places_of_strategy"]
_OF_HISTORY = QUERIES["select_places_of_trade"]
_AT = QUERIES["select_at"].replace(":direction", "DESC")
_INTENTS = QUERIES["select_intents_of"]
_MARK = QUERIES["written_until"]
_NO_MARK: Final = "SELECT 0::bigint AS global_seq"
_BEHIND_MARK: Final = "global_seq > greatest($1, (SELECT m.global_seq FROM mark AS m))"


class TradeFilter(NamedTuple):
    """What a refusal or a fill has to have; None means any. Times are those of recording."""

    portfolio_id: str | None = None
    strategy_id: str | None = None
    instrument: str | None = None
    reason: str | None = None
    since: datetime | None = None
    """Included."""
    until: datetime | None = None
    """Not included."""
    strategies: Sequence[str] | None = None
    """LIKE patterns, of which the strategy has to match one; portfolios alike."""
    portfolios: Sequence[str] | None = None
    producer: str | None = None
    """The role that refused or filled."""
    correlation_id: str | None = None
    symbol: str | None = None
    """The end of the instrument's name, such as `WETH-USDC`."""


class Trade(NamedTuple):
    """A refusal or a fill."""

    recorded: RecordedEvent
    intent: dict[str, Any]
    """What was asked for, of a refusal; a fill says itself what it is of."""


class TradePage(NamedTuple):
    """Some of many; `following` is the place where the next page begins, None after the last."""

    items: Sequence[Trade]
    following: int | None


class ReasonCount(NamedTuple):
    """How often something was refused for a reason, when last, and the history of the last."""

    reason: str
    refusals: int
    last_at: datetime
    example: str


class ReasonCounts(NamedTuple):
    """The counts, and whether they are of the newest events only."""

    counts: Sequence[ReasonCount]
    is_truncated: bool


class Trades:
    """Searches the ledger. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self, topics: Sequence[str], wanted: TradeFilter, before: int | None, limit: int
    ) -> TradePage:
        """Return what was recorded before a place, newest first."""
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                places = min(max(FIRST_PLACES * limit, LEAST_PLACES), MAX_PLACES)
                found, fitting = await _fitting(connection, topics, wanted, before, places, limit)
                if len(fitting) <= limit and found[0]["places"] == places < MAX_PLACES:
                    places = MAX_PLACES
                    found, fitting = await _fitting(
                        connection, topics, wanted, before, places, limit
                    )
                shown = [row["global_seq"] for row in fitting[:limit]]
                rows = await connection.fetch(_AT, shown)
                asked = [] if topics == FILLS else await connection.fetch(_INTENTS, shown)
        intents = {row["global_seq"]: orjson.loads(row["intent"] or "{}") for row in asked}
        items = [Trade(one, intents.get(one.global_seq, {})) for one in await parsed(rows)]
        if len(fitting) > limit:
            return TradePage(items, shown[-1])
        (looked_at, reached) = (found[0]["places"], found[0]["reached"])
        return TradePage(items, reached if looked_at == MAX_PLACES else None)

    async def reasons(self, wanted: TradeFilter) -> ReasonCounts:
        """Count refusals by their reasons, the most frequent first."""
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                rows = await _fetch(
                    connection, _REASONS, REFUSALS, wanted, None, MAX_COUNTED, MAX_REASONS
                )
        counts = [ReasonCount(*map(row.__getitem__, ReasonCount._fields)) for row in rows]
        return ReasonCounts(counts, bool(rows) and rows[0]["places"] == MAX_COUNTED)


async def _fitting(
    connection: Connection,
    topics: Sequence[str],
    wanted: TradeFilter,
    before: int | None,
    places: int,
    limit: int,
) -> tuple[list[Any], list[Any]]:
    """Return the rows of a page, and those of them that are a refusal or a fill."""
    found = await _fetch(connection, _FITTING, topics, wanted, before, places, limit + 1)
    return found, [row for row in found if row["global_seq"] is not None]


async def _fetch(
    connection: Connection,
    statement: str,
    topics: Sequence[str],
    wanted: TradeFilter,
    cursor: int | None,
    places: int,
    limit: int,
) -> list[Any]:
    after, before = await places_between(connection, wanted.since, wanted.until, cursor)
    query, key = by_index(statement, topics, wanted)
    needs_strategy = wanted.strategy_id is not None or wanted.strategies is not None
    rows: list[Any] = await connection.fetch(
        query, after, before, places, key, wanted.portfolio_id, limit, wanted.instrument,
        wanted.reason, wanted.strategy_id, wanted.strategies, wanted.portfolios, needs_strategy,
        wanted.producer, wanted.symbol,
    )  # fmt: skip
    return rows


def by_index(
    statement: str, topics: Sequence[str], wanted: TradeFilter
) -> tuple[str, Sequence[str] | str]:
    """Return the statement with the places whose indexes fit best, and what the ledger's names."""
    of_ledger, key = _places(topics, wanted)
    mark, kept = _MARK, _kept(topics, wanted)
    if wanted.correlation_id is not None:
        mark, kept = _NO_MARK, "false"
        of_ledger = of_ledger.replace(":topics", ", ".join(f"'{one}'" for one in topics))
    of_ledger = of_ledger.replace("global_seq > $1", _BEHIND_MARK).replace(":direction", "DESC")
    words = {":mark": mark, ":kept": kept, ":places": of_ledger}
    for word, text in words.items():
        statement = statement.replace(word, text)
    return statement, key


def _kept(topics: Sequence[str], wanted: TradeFilter) -> str:
    """Return what the historian's rows are found by."""
    kind = "is_fill" if topics == FILLS else "NOT is_fill"
    if wanted.strategy_id is not None:
        return f"{kind} AND strategy_id = $9"
    if wanted.portfolio_id is not None:
        return f"{kind} AND portfolio_id = $5"
    return kind if wanted.reason is None else f"{kind} AND reason = $8"


def _places(topics: Sequence[str], wanted: TradeFilter) -> tuple[str, Sequence[str] | str]:
    """Return the statement of the ledger whose index fits best, and what it looks for."""
    if wanted.correlation_id is not None:
        return _OF_HISTORY, wanted.correlation_id
    if wanted.portfolio_id is not None:
        return _OF_PORTFOLIO, topics
    if wanted.strategy_id is not None and topics == FILLS:
        return _OF_STRATEGY, wanted.strategy_id
    return _OF_TOPICS, topics
