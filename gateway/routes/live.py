"""Shows what all portfolios that a caller sees hold, are worth and may still spend today."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import ProblemCode
from gateway.http.query import ListPage, cut, page_of
from gateway.http.responses import document_response
from gateway.routes.as_of import PARAMETERS, PROBLEMS, answer, as_of_in, portfolios_of
from gateway.routes.trade_filter import instrument_in, portfolio_in, strategy_in
from gateway.services import services_of
from gateway.visibility import seen_portfolios
from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.intents.model import PortfolioId, StrategyId
from tradewind.contracts.precision import EXACT, PRICE
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.runtime import clock
from tradewind.timeline.moments import AsOf
from tradewind.trading.accounting.valuation import total
from tradewind.trading.portfolios.documents import (
    AllocationDocument,
    PortfolioSummary,
    PositionDocument,
    allocation_of,
    position_of,
    shown,
    summary_of,
    usd,
)
from tradewind.trading.portfolios.reader import BEFORE_ALL, Claimed, PositionPlace
from tradewind.trading.portfolios.views import PortfolioView

MAX_PORTFOLIOS: Final = 200
"""How many are added up; a request for one portfolio is exact however many there are."""
CURSOR: Final = (
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}:[a-z][a-z0-9_]{0,31}:0x[0-9a-fA-F]{40}:0x[0-9a-fA-F]{40}"
)
HUNDRED: Final = Decimal(100)
PERCENT_STEP: Final = Decimal("0.01")


class LivePortfolio(Document):
    """The sum of the portfolios that the caller sees. Null is what cannot be known."""

    cash_usd: DecimalString | None
    equity_usd: DecimalString | None
    gross_exposure_usd: DecimalString | None
    net_exposure_usd: DecimalString | None
    realized_pnl_usd: DecimalString | None
    unrealized_pnl_usd: DecimalString | None
    day_pnl_usd: DecimalString | None
    gas_usd: DecimalString | None
    claimed_usd: DecimalString | None
    cash: dict[str, DecimalString]
    """Whole tokens of what is pegged to the dollar, by symbol."""
    drawdown_bps: int | None
    """The largest of one of the portfolios, in hundredths of a percent below its peak."""
    as_of_sequence: int | None
    """The `global_seq` up to which the ledger is settled; null without a portfolio."""
    position_count: int
    open_intents: int
    portfolios: tuple[PortfolioSummary, ...]
    truncated: bool
    """Whether there are more than 200 portfolios, of which the first 200 by id are added up."""


class RiskBudget(Document):
    """What may be approved today, UTC, in US dollars, and what it was approved for."""

    date: date
    budget_total: DecimalString | None
    """Null while a portfolio has no limit `daily_budget_usd`."""
    budget_used: DecimalString | None
    """What is claimed or used."""
    budget_available: DecimalString | None
    claimed: DecimalString | None
    """Of intents that have not ended; of one strategy where the query names one."""
    used: DecimalString | None
    """Of those that ended."""
    released: DecimalString | None
    """What came back of those that ended."""
    resets_at: Timestamp
    utilization_pct: DecimalString | None
    """A percentage with two digits; null without a total, or of a total of 0."""
    allocations: tuple[AllocationDocument, ...]
    """The last ones of today, newest first, up to `limit`."""
    truncated: bool
    """Whether there are more than 200 portfolios, of which the first 200 by id are counted."""


async def list_positions(request: Request) -> Response:
    """GET /live/positions: what is held now, sorted by portfolio and pair."""
    limit, as_of = page_size(request), await as_of_in(request)
    found = await portfolios_of(request, as_of).positions(
        _place(request),
        limit + 1,
        seen_portfolios(request),
        portfolio_in(request),
        instrument_in(request),
        strategy_in(request),
    )
    page, last = cut(found, limit)
    items = [position_of(held) for _, held in page]
    return answer(request, page_of(items, last and _cursor(last[0])), as_of)


async def show_live_portfolio(request: Request) -> Response:
    """GET /live/portfolio: cash, equity, exposure and profit of all portfolios together."""
    as_of = await as_of_in(request)
    return answer(request, await live_portfolio(request, as_of), as_of)


async def live_portfolio(request: Request, as_of: AsOf | None) -> LivePortfolio:
    """Return the sum of the portfolios that are asked for, as they are or were."""
    views, truncated = await _views(request, as_of)
    worths, summaries = [one.worth for one in views], [summary_of(one) for one in views]
    return LivePortfolio(
        cash_usd=_sum(one.cash_usd for one in worths),
        equity_usd=_sum(one.equity_usd for one in worths),
        gross_exposure_usd=_sum(one.gross_usd for one in worths),
        net_exposure_usd=_sum(one.net_usd for one in worths),
        realized_pnl_usd=_sum(one.accounts.realised_usd for one in views),
        unrealized_pnl_usd=_sum(one.unrealised_usd for one in worths),
        day_pnl_usd=_sum(one.day_profit_usd for one in worths),
        gas_usd=_sum(one.accounts.gas_usd for one in views),
        claimed_usd=_sum(one.claimed_usd for one in views),
        cash=_cash(views),
        drawdown_bps=max((one["drawdown_bps"] or 0 for one in summaries), default=None),
        as_of_sequence=max((one["as_of"] for one in summaries), default=None),
        position_count=sum(len(one.open_positions) for one in views),
        open_intents=sum(one.open_intents for one in views),
        portfolios=tuple(PortfolioSummary(**one) for one in summaries),
        truncated=truncated,
    )


async def show_risk_budget(request: Request) -> Response:
    """GET /live/risk-budget: how much of today's budget is claimed or used, and by which intents.

    What an intent claims comes back when it ends without being executed.
    """
    limit = page_size(request)
    views, truncated = await _views(request)
    used = total(one.budget_used_usd for one in views)
    budget = total(one.budget_usd for one in views) if views else None
    today = max((one.today for one in views), default=clock.now().date())
    claims = await _claims(request, views)
    available = None if budget is None or used is None else max(budget - used, Decimal(0))
    document = RiskBudget(
        date=today,
        budget_total=usd(budget),
        budget_used=usd(used),
        budget_available=usd(available),
        claimed=usd(claims.claimed_usd),
        used=usd(claims.used_usd),
        released=usd(claims.released_usd),
        resets_at=datetime.combine(today + timedelta(days=1), time.min, UTC),
        utilization_pct=_percent(used, budget),
        allocations=await _allocations(request, views, limit),
        truncated=truncated,
    )
    return document_response(request, document)


async def _views(
    request: Request, as_of: AsOf | None = None
) -> tuple[Sequence[PortfolioView], bool]:
    """Return the portfolios that are asked for, and whether there are more."""
    portfolios, seen = portfolios_of(request, as_of), seen_portfolios(request)
    portfolio_id = portfolio_in(request)
    if portfolio_id is None:
        views, last = cut(await portfolios.page("", MAX_PORTFOLIOS + 1, seen), MAX_PORTFOLIOS)
        return views, last is not None
    view = await portfolios.one(portfolio_id, seen)
    return ([] if view is None else [view]), False


async def _allocations(
    request: Request, views: Iterable[PortfolioView], limit: int
) -> tuple[AllocationDocument, ...]:
    """Return the newest allocations of today, of those portfolios that have some."""
    portfolios = services_of(request).records.portfolios
    rows = await portfolios.allocations(
        _of_today(views), clock.now().date(), limit, strategy_in(request)
    )
    return tuple(map(allocation_of, rows))


async def _claims(request: Request, views: Iterable[PortfolioView]) -> Claimed:
    """Return what became of all allocations of today."""
    portfolios = services_of(request).records.portfolios
    return await portfolios.claims(_of_today(views), clock.now().date(), strategy_in(request))


def _of_today(views: Iterable[PortfolioView]) -> list[str]:
    return [one.portfolio_id for one in views if one.day == one.today]


def _cash(views: Iterable[PortfolioView]) -> dict[str, Decimal]:
    """Return what there is of tokens pegged to the dollar by symbol, where it can be shown."""
    cash: dict[str, Decimal] = {}
    for one in (exposure for view in views for exposure in view.worth.exposures):
        if one.is_pegged:
            amount = from_base_units(one.amount, one.token.decimals)
            cash[one.token.symbol] = EXACT.add(cash.get(one.token.symbol, Decimal(0)), amount)
    return {symbol: one for symbol, one in sorted(cash.items()) if shown(one) is not None}


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    return usd(total(values))


def _percent(used: Decimal | None, budget: Decimal | None) -> Decimal | None:
    if used is None or not budget:
        return None
    return PRICE.divide(PRICE.multiply(used, HUNDRED), budget).quantize(PERCENT_STEP)


def _place(request: Request) -> PositionPlace:
    text = request.query_params.get("cursor")
    if text is None:
        return BEFORE_ALL
    if re.fullmatch(CURSOR, text, re.ASCII) is None:
        raise invalid_parameter("cursor", "must be the next_cursor of a page")
    portfolio_id, chain, base, quote = text.split(":")
    return portfolio_id, chain, base, quote


def _cursor(place: PositionPlace) -> str:
    return ":".join(place)


PORTFOLIO: Final = Parameter("portfolio_id", "query", PortfolioId, "Only of this portfolio.")
OPERATIONS: Final = [
    Operation(
        "GET",
        "/live/positions",
        list_positions,
        tag="live",
        scope=KeyScope.READ,
        answer=ListPage[PositionDocument],
        parameters=[
            PORTFOLIO,
            Parameter("instrument", "query", KeyToken, "Only of this pair."),
            Parameter("strategy_id", "query", StrategyId, "Only where it was the last to trade."),
            Parameter(
                "cursor",
                "query",
                Annotated[str, Field(pattern=f"^{CURSOR}$")],
                "The `next_cursor` of the page before.",
            ),
            LIMIT,
            *PARAMETERS,
        ],
        problems=[*PROBLEMS, ProblemCode.READ_UNAVAILABLE, ProblemCode.REBUILDING],
    ),
    Operation(
        "GET",
        "/live/portfolio",
        show_live_portfolio,
        tag="live",
        scope=KeyScope.READ,
        answer=LivePortfolio,
        parameters=[PORTFOLIO, *PARAMETERS],
        problems=[*PROBLEMS, ProblemCode.READ_UNAVAILABLE, ProblemCode.REBUILDING],
    ),
    Operation(
        "GET",
        "/live/risk-budget",
        show_risk_budget,
        tag="live",
        scope=KeyScope.READ,
        answer=RiskBudget,
        parameters=[
            PORTFOLIO,
            Parameter(
                "strategy_id", "query", StrategyId, "Claims and allocations of this strategy only."
            ),
            LIMIT,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
]
