"""Finds what was refused and what was filled, newest first, by indexes only.

What an index does not tell, such as the strategy of a refused intent, is looked at in the next
places only: a page may be short, and says where it ended.
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
    """A refusal or a fill, and what the intent asked for."""

    recorded: RecordedEvent
    intent: dict[str, Any]


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
                shown = {row["global_seq"]: row["intent"] for row in fitting[:limit]}
                rows = await connection.fetch(_AT, list(shown))
        items = [
            Trade(one, orjson.loads(shown[one.global_seq] or "{}")) for one in await parsed(rows)
        ]
        if len(fitting) > limit:
            return TradePage(items, items[-1].recorded.global_seq)
        (looked_at, reached) = (found[0]["places"], found[0]["reached"])
        return TradePage(items, reached if looked_at == MAX_PLACES else None)

    async def reasons(self, wanted: TradeFilter) -> ReasonCounts:
        """Count refusals by their reasons, the most frequent first."""
        with_intents = wanted.strategy_id is not None or wanted.strategies is not None
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                rows = await _fetch(
                    connection, _REASONS, REFUSALS, wanted, None, MAX_COUNTED, MAX_REASONS,
                    with_intents,
                )  # fmt: skip
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
    found = await _fetch(connection, _FITTING, topics, wanted, before, places, limit + 1, True)
    return found, [row for row in found if row["global_seq"] is not None]


async def _fetch(
    connection: Connection,
    statement: str,
    topics: Sequence[str],
    wanted: TradeFilter,
    cursor: int | None,
    places: int,
    limit: int,
    with_intents: bool,
) -> list[Any]:
    after, before = await places_between(connection, wanted.since, wanted.until, cursor)
    of_places, key = _places(topics, wanted)
    rows: list[Any] = await connection.fetch(
        statement.replace(":places", of_places).replace(":direction", "DESC"),
        after, before, places, key, wanted.portfolio_id, limit, wanted.instrument, wanted.reason,
        wanted.strategy_id, wanted.strategies, wanted.portfolios, with_intents,
        wanted.producer, wanted.correlation_id, wanted.symbol,
    )  # fmt: skip
    return rows


def _places(topics: Sequence[str], wanted: TradeFilter) -> tuple[str, object]:
    """Return the statement whose index fits best, and what it looks for."""
    if wanted.correlation_id is not None:
        return _OF_HISTORY, topics
    if wanted.portfolio_id is not None:
        return _OF_PORTFOLIO, topics
    if wanted.strategy_id is not None and topics == FILLS:
        return _OF_STRATEGY, wanted.strategy_id
    return _OF_TOPICS, topics
