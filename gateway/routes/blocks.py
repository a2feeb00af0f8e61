"""Shows what was refused, by which rule, and how often."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import ProblemCode
from gateway.http.query import chosen
from gateway.http.responses import document_response
from gateway.routes.trade_filter import FILTERS, PAGED, STAGE, trade_cursor, trade_filter
from gateway.services import services_of
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.ids import CorrelationId, Ulid
from tradewind.contracts.intents.model import IntentType, PortfolioId, StrategyId
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.risk.checks import Compared, RiskCheck
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import DecimalString, Document, Timestamp, format_timestamp
from tradewind.ledger.history.trades import REFUSALS, Trade, TradeFilter
from tradewind.runtime import clock

EXPIRED: Final = "EXPIRED"
"""The reason of an intent whose time window closed while nothing was in flight."""
REASONS: Final = frozenset(
    [*RiskRejectionReason, *PlanRejectionReason, *ExecutionFailureReason, EXPIRED]
)
DEFAULT_WINDOW: Final = timedelta(hours=24)
WINDOW: Final = r"[1-9][0-9]{0,3}[mhd]"
UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
SHARE_STEP: Final = Decimal("0.0001")
LIVE: Final = "live"
BEGINNING: Final = datetime.min.replace(tzinfo=UTC)

BlockReason = Annotated[str, Field(pattern=r"^[A-Z][A-Z_]*$", max_length=64)]
_REASON = Annotated[str, WithJsonSchema({"type": "string", "enum": sorted(REASONS)})]


class BlockEvent(Document):
    """An intent of which nothing was executed, and the rule that stopped it."""

    id: Ulid
    """Of the event that says so."""
    timestamp: Timestamp
    global_seq: int
    correlation_id: CorrelationId
    run_id: Literal["live"] = LIVE
    """Refusals in back-tests are among the trades of their runs."""
    intent_id: Ulid
    trigger_id: Ulid
    """What asked for it: the intent."""
    strategy_id: StrategyId
    portfolio_id: PortfolioId
    instrument: KeyToken
    symbol: str
    """The pair, as `WETH/USDC`."""
    side: IntentType
    qty: DecimalString
    """What was to be bought or sold, in whole tokens of base."""
    stage: str
    """The role that stopped it."""
    reason: BlockReason
    """The code of the rule, the first that failed; `EXPIRED` when the time window closed."""
    detail: str
    value: Compared | None = None
    """What the rule compared."""
    limit: Compared | None = None
    """What it compared it with."""
    scope: Compared | None = None
    """Whose limit that is."""
    failed_checks: tuple[RiskCheck, ...] = ()
    """Every rule that failed; decisions of earlier releases name the first in `reason` only."""


class BlockPage(Document):
    """Refusals, newest first; `next_cursor` is null on the last page.

    A page may be shorter than `limit` before the last one.
    """

    items: tuple[BlockEvent, ...]
    next_cursor: int | None = None


class BlockReasonCount(Document):
    """How often something was refused for a reason."""

    reason: BlockReason
    count: int
    share: DecimalString
    """Of all that are counted, from 0 to 1."""
    last_at: Timestamp
    example: CorrelationId
    """The history of the last one."""


class BlockReasons(Document):
    """Refusals by reason, the most frequent first; `until` is null for those up to now.

    Where there are more than are looked at, `truncated` is true and the newest were counted.
    """

    since: Timestamp
    until: Timestamp | None
    total: int
    reasons: tuple[BlockReasonCount, ...]
    truncated: bool


async def list_blocks(request: Request) -> Response:
    """GET /live/blocks: a row for every refusal, newest first, with the rule, value and limit.

    It has what a stage of risk or the planner rejected, what expired, and what the venue refused
    before anything was submitted.
    """
    chosen(request, "run_id", (LIVE,))
    wanted = trade_filter(request, _reason(request))
    page = await services_of(request).records.trades.page(
        REFUSALS, wanted, trade_cursor(request), page_size(request)
    )
    document = BlockPage(items=tuple(map(block_of, page.items)), next_cursor=page.following)
    return document_response(request, document)


async def count_block_reasons(request: Request) -> Response:
    """GET /live/block-reasons: how often each rule refused something, in the last day by default.

    At most the newest 10,000 refusals in the window are counted.
    """
    wanted = trade_filter(request)
    since = _since(request, wanted)
    found = await services_of(request).records.trades.reasons(wanted._replace(since=since))
    total = sum(one.refusals for one in found.counts)
    counts = tuple(
        BlockReasonCount(
            reason=one.reason,
            count=one.refusals,
            share=(Decimal(one.refusals) / total).quantize(SHARE_STEP),
            last_at=one.last_at,
            example=one.example,
        )
        for one in found.counts
    )
    document = BlockReasons(
        since=since,
        until=wanted.until,
        total=total,
        reasons=counts,
        truncated=found.is_truncated,
    )
    return document_response(request, document)


def _since(request: Request, wanted: TradeFilter) -> datetime:
    """Return when the window begins: as the query says, else so long before its end."""
    text = request.query_params.get("window")
    if text is None:
        return wanted.since or _window_before(wanted.until or clock.now(), DEFAULT_WINDOW)
    if wanted.since is not None:
        raise invalid_parameter("window", "comes without from")
    if re.fullmatch(WINDOW, text, re.ASCII) is None:
        raise invalid_parameter("window", "must be a number of minutes, hours or days such as 24h")
    window = int(text[:-1]) * UNITS[text[-1]]
    return _window_before(wanted.until or clock.now(), window)


def _window_before(until: datetime, window: timedelta) -> datetime:
    """Return when a window begins; the calendar has no day before its first."""
    return max(until, BEGINNING + window) - window


def block_of(trade: Trade) -> BlockEvent:
    """Return the document of a refusal."""
    event, intent = trade.recorded.event, trade.intent
    payload = event.payload
    reason = getattr(payload, "reason", EXPIRED)
    checks = getattr(payload, "checks", None) or ()
    failed = tuple(one for one in checks if not one.passed)
    decisive = next((one for one in failed if one.rule == reason), None)
    base, quote = intent["assets"]
    return BlockEvent(
        id=event.event_id,
        timestamp=event.timestamp,
        global_seq=trade.recorded.global_seq,
        correlation_id=event.correlation_id,
        intent_id=payload.intent_id,
        trigger_id=payload.intent_id,
        strategy_id=intent["strategy_id"],
        portfolio_id=event.key.portfolio,
        instrument=event.key.instrument,
        symbol=f"{base['symbol']}/{quote['symbol']}",
        side=intent["intent_type"],
        qty=Decimal(intent["amount"]),
        stage=event.producer,
        reason=str(reason),
        detail=_detail(payload),
        value=decisive and decisive.value,
        limit=decisive and decisive.limit,
        scope=decisive and decisive.scope,
        failed_checks=failed,
    )


def _reason(request: Request) -> str | None:
    reason = request.query_params.get("reason")
    if reason is not None and reason not in REASONS:
        raise invalid_parameter("reason", "must be the code of a rule, such as NOTIONAL_LIMIT")
    return reason


def _detail(payload: object) -> str:
    detail: str | None = getattr(payload, "detail", None)
    if detail is not None or not hasattr(payload, "expires_at"):
        return detail or ""
    return f"the time window closed at {format_timestamp(payload.expires_at)}"


OPERATIONS = [
    Operation(
        "GET",
        "/live/blocks",
        list_blocks,
        tag="live",
        scope=KeyScope.READ,
        answer=BlockPage,
        parameters=[
            Parameter("reason", "query", _REASON, "Only refusals by this rule."),
            Parameter("run_id", "query", Literal["live"], "`live`: others are in their runs."),
            STAGE,
            *FILTERS,
            *PAGED,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "GET",
        "/live/block-reasons",
        count_block_reasons,
        tag="live",
        scope=KeyScope.READ,
        answer=BlockReasons,
        parameters=[
            STAGE,
            Parameter(
                "window",
                "query",
                Annotated[str, Field(pattern=f"^{WINDOW}$")],
                "How far back, such as `24h`; instead of `from`.",
            ),
            *FILTERS,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
]
