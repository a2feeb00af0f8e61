"""Sums up how everything stood after an event of the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from tradewind.postgres import Pool, outage_is_transient
from tradewind.timeline.historian import Counts, counts_at
from tradewind.timeline.moments import AsOf
from tradewind.timeline.queries import QUERIES
from tradewind.timeline.read_models import BEFORE_ALL_TIME, holding_of
from tradewind.timeline.states import AppliedThen, applied_at, states_at
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.halts.records import KeptState
from tradewind.trading.portfolios.reader import Seen

MAX_OPEN_FLOWS: Final = 10_000
"""How many open histories are looked at."""
MAX_POSITIONS: Final = 500
MAX_PRICES: Final = 500

_FLOWS = QUERIES["count_open_flows"]
_POSITIONS = QUERIES["select_positions"]
_PRICES = QUERIES["select_prices"]
_MARKET = QUERIES["select_last_market"]


class OpenFlows(NamedTuple):
    """Open histories of a kind whose last event is of one topic."""

    kind: str
    topic: str
    flows: int
    oldest_seq: int
    oldest: str
    """The one that has been open for longest."""


class HeldThen(NamedTuple):
    """What a strategy held of a pair."""

    strategy_id: str
    holding: Holding
    global_seq: int
    """Of its last fill."""


class PriceThen(NamedTuple):
    """The last price that a decision was made at."""

    instrument: str
    price_usd: str
    quote_price_usd: str | None
    global_seq: int
    decided_at_ms: int


class MarketThen(NamedTuple):
    """The last observation of the market that a decision refers to."""

    global_seq: int
    correlation_id: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """How everything stood."""

    counts: Counts
    open_flows: Sequence[OpenFlows]
    positions: Sequence[HeldThen]
    prices: Sequence[PriceThen]
    market: MarketThen | None
    states: Sequence[KeptState]
    applied: AppliedThen | None
    is_truncated: bool
    """Whether there were more open histories, positions or prices than are shown."""


class Summaries:
    """Makes summaries. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def at(self, as_of: AsOf, seen: Seen) -> Summary:
        """Return how everything stood that somebody sees, all of one moment."""
        sequence = as_of.sequence
        with outage_is_transient():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                flows = await connection.fetch(
                    _FLOWS, sequence, seen.strategies, seen.portfolios, MAX_OPEN_FLOWS
                )
                held = await connection.fetch(
                    _POSITIONS, sequence, None, _of_all(seen), MAX_POSITIONS + 1
                )
                prices = await connection.fetch(_PRICES, sequence, MAX_PRICES + 1)
                market = await connection.fetchrow(_MARKET, sequence)
                return Summary(
                    await counts_at(connection, sequence),
                    [OpenFlows(*row) for row in flows],
                    [_held(row) for row in held[:MAX_POSITIONS]],
                    [PriceThen(*row) for row in prices[:MAX_PRICES]],
                    None if market is None else MarketThen(*market),
                    await states_at(connection, sequence, as_of.recorded_at or BEFORE_ALL_TIME),
                    await applied_at(connection, sequence),
                    sum(row["flows"] for row in flows) >= MAX_OPEN_FLOWS
                    or len(held) > MAX_POSITIONS
                    or len(prices) > MAX_PRICES,
                )


def _of_all(seen: Seen) -> Sequence[str] | None:
    """Return the strategies whose positions are seen: none where only some portfolios are."""
    return seen.strategies if seen.portfolios is None else []


def _held(row: Mapping[str, Any]) -> HeldThen:
    return HeldThen(row["strategy_id"], holding_of(row), row["global_seq"])
