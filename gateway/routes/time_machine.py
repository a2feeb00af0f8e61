"""Shows how everything stood after an event of the ledger."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import path_parameter
from gateway.http.operations import Operation
from gateway.http.problems import ProblemCode
from gateway.routes.as_of import INCARNATION, PROBLEMS, AsOfText, answer, place_of
from gateway.routes.live import LivePortfolio, live_portfolio
from gateway.services import services_of
from gateway.visibility import seen_portfolios
from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.instruments.assets import instrument_key
from tradewind.contracts.system.trading_states import TradingState
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.readmodels.models.criteria import ratio
from tradewind.timeline.moments import AsOf
from tradewind.timeline.summary import HeldThen, Summary


class RefusalCount(Document):
    """How often a role refused for a reason, since the ledger began."""

    stage: str
    reason: str
    count: int


class LedgerCounters(Document):
    """Events since the ledger began."""

    events: int
    by_topic: dict[str, int]
    refusals: tuple[RefusalCount, ...]


class OpenFlowsThen(Document):
    """Histories that somebody had to act on, of a kind, whose last event was of one topic."""

    kind: str
    last_topic: str
    count: int
    oldest_sequence: int
    oldest: str
    """The history that had been open for longest."""


class StrategyPositionThen(Document):
    """What a strategy held of a pair, at average cost. Whole tokens."""

    strategy_id: str
    instrument: str
    quantity: DecimalString
    average_cost: DecimalString | None
    realized_pnl: DecimalString
    """In quote."""
    fills: int
    last_fill_sequence: int


class PriceThenDocument(Document):
    """The last price that a decision was made at, in US dollars for a whole token."""

    instrument: str
    price_usd: DecimalString
    quote_price_usd: DecimalString | None
    sequence: int
    decided_at: Timestamp


class MarketThenDocument(Document):
    """The last observation of the market."""

    correlation_id: str
    sequence: int
    recorded_at: Timestamp


class LimitsThen(Document):
    """The risk policy that was in force."""

    policy_version: int
    content: str | None
    applied_by: str
    applied_at: Timestamp
    sequence: int


class HaltThen(Document):
    """A trading state that restricted something."""

    scope: str
    state: TradingState
    reason: str
    by: str
    since: Timestamp
    until: Timestamp | None


class AsOfDocument(Document):
    """How everything stood. Null is what cannot be known, or what the key is not about."""

    sequence: int
    recorded_at: Timestamp | None
    incarnation: str
    """Which copy of the history this is; with it the same request may be kept for ever."""
    counters: LedgerCounters | None
    """Null for a key that is about some accounts only."""
    open_flows: tuple[OpenFlowsThen, ...]
    positions: tuple[StrategyPositionThen, ...]
    portfolio: LivePortfolio
    prices: tuple[PriceThenDocument, ...]
    market: MarketThenDocument | None
    limits: LimitsThen | None
    """Null while the settings alone limited."""
    halts: tuple[HaltThen, ...]
    truncated: bool
    """Whether there was more: 10,000 open histories, 500 positions and 500 prices are shown."""


async def show_as_of(request: Request) -> Response:
    """GET /as-of/{sequence}: counters, open histories, positions, equity, prices, limits, halts.

    As they were after this event of the ledger, or after the last one recorded by a time.
    """
    as_of = await place_of(request, request.path_params["sequence"], "sequence")
    summary = await services_of(request).time_machine.summary(as_of, seen_portfolios(request))
    portfolio = await live_portfolio(request, as_of)
    sees_all = caller_of(request).accounts.are_all
    document = _document(as_of, summary, portfolio, sees_all=sees_all)
    return answer(request, document, as_of)


def _document(
    as_of: AsOf, summary: Summary, portfolio: LivePortfolio, *, sees_all: bool
) -> AsOfDocument:
    market, applied = summary.market, summary.applied
    return AsOfDocument(
        sequence=as_of.sequence,
        recorded_at=as_of.recorded_at,
        incarnation=as_of.incarnation,
        counters=_counters(summary) if sees_all else None,
        open_flows=tuple(
            OpenFlowsThen(
                kind=one.kind,
                last_topic=one.topic,
                count=one.flows,
                oldest_sequence=one.oldest_seq,
                oldest=one.oldest,
            )
            for one in summary.open_flows
        ),
        positions=tuple(map(_position, summary.positions)),
        portfolio=portfolio,
        prices=_prices(summary),
        market=None
        if market is None
        else MarketThenDocument(
            correlation_id=market.correlation_id,
            sequence=market.global_seq,
            recorded_at=market.recorded_at,
        ),
        limits=None
        if applied is None
        else LimitsThen(
            policy_version=applied.applied.policy.version,
            content=applied.applied.policy.content,
            applied_by=applied.applied.applied_by,
            applied_at=applied.recorded_at,
            sequence=applied.global_seq,
        ),
        halts=_halts(summary),
        truncated=summary.is_truncated or portfolio.truncated,
    )


def _counters(summary: Summary) -> LedgerCounters:
    topics, reasons = summary.counts
    refusals = [(name.partition(":"), count) for name, count in sorted(reasons.items())]
    return LedgerCounters(
        events=sum(topics.values()),
        by_topic=dict(sorted(topics.items())),
        refusals=tuple(
            RefusalCount(stage=stage, reason=reason, count=count)
            for (stage, _, reason), count in refusals
        ),
    )


def _position(held: HeldThen) -> StrategyPositionThen:
    holding = held.holding
    quantity = from_base_units(holding.quantity, holding.base.decimals)
    cost = from_base_units(holding.cost, holding.quote.decimals)
    return StrategyPositionThen(
        strategy_id=held.strategy_id,
        instrument=instrument_key(holding.base, holding.quote),
        quantity=quantity,
        average_cost=ratio(cost, quantity),
        realized_pnl=from_base_units(holding.realised, holding.quote.decimals),
        fills=holding.fills,
        last_fill_sequence=held.global_seq,
    )


def _prices(summary: Summary) -> tuple[PriceThenDocument, ...]:
    return tuple(
        PriceThenDocument(
            instrument=one.instrument,
            price_usd=Decimal(one.price_usd),
            quote_price_usd=None if one.quote_price_usd is None else Decimal(one.quote_price_usd),
            sequence=one.global_seq,
            decided_at=datetime.fromtimestamp(one.decided_at_ms / 1_000, UTC),
        )
        for one in summary.prices
    )


def _halts(summary: Summary) -> tuple[HaltThen, ...]:
    return tuple(
        HaltThen(
            scope=str(one.scope),
            state=one.state,
            reason=one.reason,
            by=one.by,
            since=one.since,
            until=one.until,
        )
        for one in summary.states
    )


OPERATIONS: Final = [
    Operation(
        "GET",
        "/as-of/{sequence}",
        show_as_of,
        tag="live",
        scope=KeyScope.READ,
        answer=AsOfDocument,
        parameters=[
            path_parameter("sequence", AsOfText, "A `global_seq`, or a time; 0 is before all."),
            INCARNATION,
        ],
        problems=[*PROBLEMS, ProblemCode.READ_UNAVAILABLE, ProblemCode.REBUILDING],
    )
]
