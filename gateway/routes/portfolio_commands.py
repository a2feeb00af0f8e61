"""Closes positions of a portfolio."""

from decimal import Decimal
from typing import Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.commands.closing import Closed, ClosingRequest
from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import IDEMPOTENCY_KEY
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation
from gateway.http.parameters import check_strategy_id, idempotency_key
from gateway.http.problems import ProblemCode
from gateway.http.responses import document_response
from gateway.http.strict_json import parse_model
from gateway.routes.portfolios import PORTFOLIO_ID, no_portfolio
from gateway.services import services_of
from gateway.submission.idempotency import RequestKey, identify
from gateway.submission.recent_submissions import Submission
from gateway.visibility import seen_portfolios
from tradewind.contracts.ids import CorrelationId, Ulid
from tradewind.contracts.intents.model import (
    MAX_TIME_WINDOW_SECONDS,
    Fraction,
    IntentConstraints,
    PortfolioId,
    StrategyId,
)
from tradewind.contracts.portfolio.closing import LeftOutPosition
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.trading.portfolios.closing import Holdings

DEFAULT_SLIPPAGE: Final = Decimal("0.01")
DEFAULT_WINDOW_SECONDS: Final = 300


class FlattenRequest(Document):
    """How everything is to be sold."""

    max_slippage: Fraction = DEFAULT_SLIPPAGE
    """Fraction of the quote that may be lost: 0.01 is one percent."""
    time_window: int = Field(DEFAULT_WINDOW_SECONDS, ge=1, le=MAX_TIME_WINDOW_SECONDS)
    """Seconds until what is not in flight by then expires."""
    strategy_id: StrategyId | None = None
    """The strategy that sells; without one that whose intent was last approved for the pair."""


class CloseRequest(FlattenRequest):
    """Which position is to be sold, and how."""

    instrument: KeyToken
    """The pair, `ethereum-WETH-USDC`."""


class ClosingIntent(Document):
    """An intent that sells what is held of a pair."""

    intent_id: Ulid
    correlation_id: CorrelationId
    strategy_id: StrategyId
    instrument: KeyToken
    qty: DecimalString
    """Whole tokens of base."""
    expires_at: Timestamp
    is_repeated: bool
    """Whether an earlier request with this Idempotency-Key submitted it."""


class Closing(Document):
    """The intents that were submitted; `GET /intents/{intent_id}` shows what comes of each."""

    portfolio_id: PortfolioId
    intents: tuple[ClosingIntent, ...]
    left_out: tuple[LeftOutPosition, ...]


async def close_position(request: Request) -> Response:
    """POST /portfolios/{portfolio_id}/close: sells what a portfolio holds of a pair.

    It submits an intent, which goes through both stages of risk like any other: rules that let only
    reducing intents pass let it pass. What intents under way may sell already is not sold again.
    """
    require_accepts(request, JSON)
    body = await read_json_body(request)
    asked = parse_model(CloseRequest, body, noun="request")
    return _answer(request, await _close(request, body, asked, asked.instrument))


async def flatten_portfolio(request: Request) -> Response:
    """POST /portfolios/{portfolio_id}/flatten: sells everything that a portfolio holds.

    It submits an intent for each position, 50 at most. Positions for which none was made are listed
    with the reason. What is sold is decided once: after an error the same request, with the same
    Idempotency-Key, submits the rest, and later it shows what it made.
    """
    require_accepts(request, JSON)
    body = await read_json_body(request)
    asked = parse_model(FlattenRequest, body, noun="request")
    return _answer(request, await _close(request, body, asked, None))


async def _close(
    request: Request, body: bytes, asked: FlattenRequest, instrument: str | None
) -> Closed:
    services, portfolio_id = services_of(request), _portfolio_id(request)
    holdings = await services.records.sellable.holdings(portfolio_id, seen_portfolios(request))
    if holdings is None:
        raise no_portfolio(portfolio_id)
    constraints = IntentConstraints(max_slippage=asked.max_slippage, time_window=asked.time_window)
    closing = ClosingRequest(
        portfolio_id,
        instrument,
        asked.strategy_id,
        constraints,
        identify(_key(request, holdings, instrument), body, asked),
    )
    return await services.closer.close(closing, holdings, caller_of(request))


def _key(request: Request, holdings: Holdings, instrument: str | None) -> RequestKey:
    """Return the client's key; without one a request is the same until the book has changed."""
    sent = idempotency_key(request)
    if sent is not None:
        return sent
    text = f"book version {holdings.version}, {instrument or 'everything'}"
    return RequestKey(caller_of(request).owner, request.method, request.scope["path"], text)


def _portfolio_id(request: Request) -> str:
    return check_strategy_id(request.path_params["portfolio_id"], "portfolio_id")


def _answer(request: Request, closed: Closed) -> Response:
    document = Closing(
        portfolio_id=_portfolio_id(request),
        intents=tuple(map(_intent, closed.submissions)),
        left_out=closed.left_out,
    )
    return document_response(request, document, status=202)


def _intent(submission: Submission) -> ClosingIntent:
    event, intent = submission.event, submission.event.payload.intent
    return ClosingIntent(
        intent_id=submission.intent_id,
        correlation_id=event.correlation_id,
        strategy_id=intent.strategy_id,
        instrument=intent.instrument,
        qty=intent.amount,
        expires_at=submission.expires_at,
        is_repeated=submission.is_repeated,
    )


PROBLEMS: Final = [
    ProblemCode.PORTFOLIO_NOT_FOUND,
    ProblemCode.MALFORMED_JSON,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.VALIDATION_FAILED,
    ProblemCode.ACCOUNT_NOT_COVERED,
    ProblemCode.IDEMPOTENCY_KEY_USED,
    ProblemCode.OVERLOADED,
    ProblemCode.OUTCOME_UNKNOWN,
    ProblemCode.STORE_UNAVAILABLE,
    ProblemCode.READ_UNAVAILABLE,
]
OPERATIONS: Final = [
    Operation(
        "POST",
        "/portfolios/{portfolio_id}/close",
        close_position,
        tag="portfolios",
        scope=KeyScope.TRADE,
        answer=Closing,
        status=202,
        body=CloseRequest,
        parameters=[PORTFOLIO_ID, IDEMPOTENCY_KEY],
        problems=[ProblemCode.POSITIONS_NOT_FOUND, *PROBLEMS],
    ),
    Operation(
        "POST",
        "/portfolios/{portfolio_id}/flatten",
        flatten_portfolio,
        tag="portfolios",
        scope=KeyScope.TRADE,
        answer=Closing,
        status=202,
        body=FlattenRequest,
        parameters=[PORTFOLIO_ID, IDEMPOTENCY_KEY],
        problems=PROBLEMS,
    ),
]
