"""Shows what all portfolios that a caller sees hold, are worth and may still spend today."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
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
from gateway.routes.trade_filter import instrument_in, portfolio_in
from gateway.services import services_of
from gateway.visibility import seen_portfolios
from tradewind.contracts.intents.model import PortfolioId
from tradewind.contracts.precision import PRICE
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import DecimalString, Document
from tradewind.runtime import clock
from tradewind.timeline.moments import AsOf
from tradewind.trading.accounting.valuation import total
from tradewind.trading.portfolios.documents import (
    AllocationDocument,
    PortfolioSummary,
    PositionDocument,
    allocation_of,
    position_of,
    summary_of,
    usd,
)
from tradewind.trading.portfolios.reader import BEFORE_ALL, PositionPlace
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
    worths = [one.worth for one in views]
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
        position_count=sum(len(one.open_positions) for one in views),
        open_intents=sum(one.open_intents for one in views),
        portfolios=tuple(PortfolioSummary(**summary_of(one)) for one in views),
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
    available = None if budget is None or used is None else max(budget - used, Decimal(0))
    document = RiskBudget(
        date=max((one.today for one in views), default=clock.now().date()),
        budget_total=usd(budget),
        budget_used=usd(used),
        budget_available=usd(available),
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
    names = [one.portfolio_id for one in views if one.day == one.today]
    rows = await portfolios.allocations(names, clock.now().date(), limit)
    return tuple(map(allocation_of, rows))


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
        parameters=[PORTFOLIO, LIMIT],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
]
