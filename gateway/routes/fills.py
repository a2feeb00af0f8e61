"""Shows what was filled, in all portfolios that a caller may see."""

from decimal import Decimal
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.operations import Operation
from gateway.http.parameters import page_size
from gateway.http.problems import ProblemCode
from gateway.http.responses import document_response
from gateway.routes.trade_filter import FILTERS, PAGED, trade_cursor, trade_filter
from gateway.services import services_of
from tradewind.contracts.envelope import Event
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.contracts.ids import CorrelationId, Ulid
from tradewind.contracts.intents.model import IntentType, PortfolioId, StrategyId
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import (
    MAX_DECIMAL_INTEGER_DIGITS,
    BaseUnits,
    DecimalString,
    Document,
    Timestamp,
)
from tradewind.ledger.history.trades import FILLS, Trade
from tradewind.readmodels.models.criteria import legs, ratio

MAX_SHOWN: Final = Decimal(10) ** MAX_DECIMAL_INTEGER_DIGITS


class Fill(Document):
    """A fill of a step, and what its transaction cost."""

    id: Ulid
    """Of the event that says so."""
    timestamp: Timestamp
    global_seq: int
    correlation_id: CorrelationId
    intent_id: Ulid
    plan_id: Ulid
    strategy_id: StrategyId
    portfolio_id: PortfolioId
    instrument: KeyToken
    symbol: str
    """The pair, as `WETH/USDC`."""
    side: IntentType
    qty: DecimalString | None
    """Whole tokens of base, bought or sold; null where they have more than 40 digits."""
    price: DecimalString | None
    """Whole tokens of quote for one of base; null when nothing was bought or sold."""
    cost: DecimalString | None
    """Whole tokens of quote, paid or received."""
    amount_in: BaseUnits
    amount_out: BaseUnits
    step_index: int
    fill_index: int
    final: bool
    """Whether it is the last fill of its step."""
    venue: str
    tx_hash: str
    block_number: int
    block_time: Timestamp | None
    transaction_index: int | None
    log_index: int | None
    gas_used: int | None
    fee_wei: BaseUnits | None
    """What the wallet paid for the transaction, in wei; null where no chain says."""


class FillPage(Document):
    """Fills, newest first; `next_cursor` is null on the last page.

    A page may be shorter than `limit` before the last one.
    """

    items: tuple[Fill, ...]
    next_cursor: int | None = None


async def list_fills(request: Request) -> Response:
    """GET /live/fills: what was bought and sold, newest first, in the order of the ledger."""
    page = await services_of(request).records.trades.page(
        FILLS, trade_filter(request), trade_cursor(request), page_size(request)
    )
    document = FillPage(items=tuple(map(fill_of, page.items)), next_cursor=page.following)
    return document_response(request, document)


def fill_of(trade: Trade) -> Fill:
    """Return the document of a fill."""
    event: Event[StepFilled] = trade.recorded.event
    fill, step = event.payload, event.payload.step
    base, quote = legs(step, fill.amount_in, fill.amount_out)
    return Fill(
        id=event.event_id,
        timestamp=event.timestamp,
        global_seq=trade.recorded.global_seq,
        correlation_id=event.correlation_id,
        intent_id=fill.intent_id,
        plan_id=fill.plan_id,
        strategy_id=fill.strategy_id or event.key.portfolio,
        portfolio_id=event.key.portfolio,
        instrument=event.key.instrument,
        symbol=f"{step.base.symbol}/{step.quote.symbol}",
        side="dispose" if step.token_in == step.base.address else "acquire",
        qty=base if abs(base) < MAX_SHOWN else None,
        price=ratio(quote, base),
        cost=quote if abs(quote) < MAX_SHOWN else None,
        amount_in=fill.amount_in,
        amount_out=fill.amount_out,
        step_index=fill.step_index,
        fill_index=fill.fill_index,
        final=fill.final,
        venue=step.venue,
        tx_hash=fill.tx_hash,
        block_number=fill.block_number,
        block_time=fill.block_time,
        transaction_index=fill.transaction_index,
        log_index=fill.log_index,
        gas_used=fill.gas_used,
        fee_wei=fill.fee_wei,
    )


OPERATIONS = [
    Operation(
        "GET",
        "/live/fills",
        list_fills,
        tag="live",
        scope=KeyScope.READ,
        answer=FillPage,
        parameters=[*FILTERS, *PAGED],
        problems=[ProblemCode.READ_UNAVAILABLE],
    )
]
