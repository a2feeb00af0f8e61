"""Shows portfolios: what they have, what limits them, and what was last traded and refused."""

from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import check_strategy_id, page_size
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import ListPage, cut, page_of, typed
from gateway.http.responses import document_response
from gateway.routes.blocks import BlockEvent, block_of
from gateway.routes.fills import Fill, fill_of
from gateway.services import services_of
from gateway.visibility import seen_portfolios
from tradewind.contracts.intents.model import PortfolioId
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.wire import Document
from tradewind.ledger.history.trades import FILLS, REFUSALS, TradeFilter
from tradewind.trading.portfolios.documents import (
    LimitDocument,
    PortfolioBalance,
    PortfolioSummary,
    PositionDocument,
    balances_of,
    limits_of,
    positions_of,
    summary_of,
)
from tradewind.trading.portfolios.views import PortfolioView

MAX_RECENT: Final = 20
"""How many fills and refusals are shown beside a portfolio; /live has the others."""
_NAME: Final[TypeAdapter[str]] = TypeAdapter(PortfolioId)


class AppliedLimits(Document):
    """The limits in force for the portfolio and every pair in it; a pair may have tighter ones."""

    policy_version: Annotated[int, Field(ge=0)]
    """0 while no risk policy was ever applied."""
    policy_content: str | None
    """The SHA-256 of the policy."""
    limits: tuple[LimitDocument, ...]


class PortfolioDetail(PortfolioSummary):
    """A portfolio with what it holds, what limits it, and its last fills and refusals."""

    limits: AppliedLimits
    balances: tuple[PortfolioBalance, ...]
    """At most 200."""
    positions: tuple[PositionDocument, ...]
    """What is held now, at most 200 pairs; `position_count` says of how many."""
    recent_fills: tuple[Fill, ...]
    """The last 20, newest first."""
    recent_blocks: tuple[BlockEvent, ...]
    """The last 20, newest first."""


async def list_portfolios(request: Request) -> Response:
    """GET /portfolios: every portfolio in numbers, sorted by id.

    A key for some strategies sees those portfolios that no other strategy has traded for.
    """
    limit = page_size(request)
    after = typed(request, "cursor", _NAME, "the next_cursor of a page") or ""
    found = await services_of(request).records.portfolios.page(
        after, limit + 1, seen_portfolios(request)
    )
    page, last = cut(found, limit)
    items = [PortfolioSummary(**summary_of(view)) for view in page]
    return document_response(request, page_of(items, last and last.portfolio_id))


async def show_portfolio(request: Request) -> Response:
    """GET /portfolios/{portfolio_id}: a portfolio, what it holds, and what it did last.

    Tokens are valued at the rates of the last fills. `as_of` says up to which event of the ledger
    everything is counted.
    """
    view = await portfolio_of(request)
    trades, seen = services_of(request).records.trades, seen_portfolios(request)
    # A strategy whose intents the first stage refused has none that was decided for the portfolio.
    wanted = TradeFilter(view.portfolio_id, strategies=seen.strategies, portfolios=seen.portfolios)
    fills = await trades.page(FILLS, wanted, None, MAX_RECENT)
    blocks = await trades.page(REFUSALS, wanted, None, MAX_RECENT)
    document = PortfolioDetail(
        **summary_of(view),
        limits=_limits(view),
        balances=balances_of(view),
        positions=positions_of(view),
        recent_fills=tuple(map(fill_of, fills.items)),
        recent_blocks=tuple(map(block_of, blocks.items)),
    )
    return document_response(request, document)


async def portfolio_of(request: Request) -> PortfolioView:
    """Return the portfolio that the path names; a Problem where the caller sees none."""
    portfolio_id = check_strategy_id(request.path_params["portfolio_id"], "portfolio_id")
    view = await services_of(request).records.portfolios.one(portfolio_id, seen_portfolios(request))
    if view is None:
        raise no_portfolio(portfolio_id)
    return view


def no_portfolio(portfolio_id: str) -> Problem:
    return Problem(
        ProblemCode.PORTFOLIO_NOT_FOUND, f"nothing was decided for a portfolio {portfolio_id}"
    )


def _limits(view: PortfolioView) -> AppliedLimits:
    reference: PolicyReference = view.common.policy.reference
    return AppliedLimits(
        policy_version=reference.version,
        policy_content=reference.content,
        limits=limits_of(view),
    )


PORTFOLIO_ID: Final = path_parameter("portfolio_id", PortfolioId, "The portfolio's id.")
OPERATIONS: Final = [
    Operation(
        "GET",
        "/portfolios",
        list_portfolios,
        tag="portfolios",
        scope=KeyScope.READ,
        answer=ListPage[PortfolioSummary],
        parameters=[
            Parameter("cursor", "query", PortfolioId, "The `next_cursor` of the page before."),
            LIMIT,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "GET",
        "/portfolios/{portfolio_id}",
        show_portfolio,
        tag="portfolios",
        scope=KeyScope.READ,
        answer=PortfolioDetail,
        parameters=[PORTFOLIO_ID],
        problems=[ProblemCode.PORTFOLIO_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    ),
]
