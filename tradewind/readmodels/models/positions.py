"""A strategy's positions: its fills at average cost. Pure; exact, in base units."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.envelope import Event
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.precision import EXACT
from tradewind.contracts.subjects import KEY_TOKEN
from tradewind.contracts.unchecked import builder
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.ledger.history.group_key import GroupKey
from tradewind.readmodels.folds import GroupFold
from tradewind.readmodels.models.criteria import ratio
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument


class Position(Document):
    """What a strategy holds of one instrument, at average cost. Whole tokens."""

    instrument: str
    base: str
    quote: str
    quantity: DecimalString
    """Base held; negative when more was sold than bought."""
    average_cost: DecimalString | None
    """Quote per base of what is held; None when nothing is."""
    realised_pnl: DecimalString
    """Quote gained by what was closed."""
    fills: int


class PositionsDocument(ReadModelDocument):
    """`positions:{strategy_id}`. `version` is the global_seq of the last fill."""

    strategy_id: StrategyId
    last_event_time: Timestamp
    pnl: DecimalString | None
    """Realised, in the one quote token; None when the positions have several."""
    pnl_by_quote: dict[str, DecimalString]
    positions: tuple[Position, ...]


POSITIONS: Final = ReadModel(
    prefix="positions:",
    document=PositionsDocument,
    identifier="strategy_id",
    pattern=KEY_TOKEN,
    may_outgrow_schema=True,
)

build_position = builder(Position)
build_positions = builder(PositionsDocument)


class Holding(NamedTuple):
    """What is held of one pair. Base and quote units; all three are negative for a short."""

    base: Asset
    quote: Asset
    quantity: int = 0
    cost: int = 0
    """Quote units paid for `quantity`, at average cost."""
    realised: int = 0
    fills: int = 0

    def trade(self, quantity: int, cost: int) -> "Holding":
        """Return the holding after buying `quantity` for `cost`; both are negative for a sale.

        What closes the holding realises its gain; what is left opens or adds at its own price.
        """
        closed_cost = closing_cost = 0
        if self.quantity * quantity < 0:
            closing = min(abs(quantity), abs(self.quantity))
            closed_cost = self.cost * closing // abs(self.quantity)
            closing_cost = cost * closing // abs(quantity)
        return self._replace(
            quantity=self.quantity + quantity,
            cost=self.cost - closed_cost + cost - closing_cost,
            realised=self.realised - closed_cost - closing_cost,
            fills=self.fills + 1,
        )


type HoldingKey = tuple[str, str, str]


class Positions(NamedTuple):
    """A portfolio's holdings. `version` is the global_seq of the last fill folded in."""

    strategy_id: str
    version: int = 0
    last_event_time: datetime | None = None
    holdings: Mapping[HoldingKey, Holding] = {}


def evolve_positions(positions: Positions, event: Event[StepFilled], global_seq: int) -> Positions:
    """Fold a fill into the positions; one that is folded in already changes nothing."""
    if global_seq <= positions.version:
        return positions
    fill, step = event.payload, event.payload.step
    key = (step.base.chain, step.base.address, step.quote.address)
    holding = positions.holdings.get(key) or Holding(step.base, step.quote)
    if step.token_in == step.quote.address:
        holding = holding.trade(fill.amount_out, fill.amount_in)
    else:
        holding = holding.trade(-fill.amount_in, -fill.amount_out)
    return Positions(
        positions.strategy_id, global_seq, event.timestamp, {**positions.holdings, key: holding}
    )


def to_document(positions: Positions, incarnation: str) -> PositionsDocument | None:
    """Make the document; None before the first fill."""
    if positions.last_event_time is None:
        return None
    pnl_by_quote: dict[str, Decimal] = {}
    for holding in positions.holdings.values():
        gain = from_base_units(holding.realised, holding.quote.decimals)
        symbol = holding.quote.symbol
        pnl_by_quote[symbol] = EXACT.add(pnl_by_quote.get(symbol, Decimal(0)), gain)
    return build_positions(
        incarnation=incarnation,
        version=positions.version,
        strategy_id=positions.strategy_id,
        last_event_time=positions.last_event_time,
        pnl=next(iter(pnl_by_quote.values())) if len(pnl_by_quote) == 1 else None,
        pnl_by_quote=pnl_by_quote,
        positions=tuple(map(_position, positions.holdings.values())),
    )


def _position(holding: Holding) -> Position:
    quantity = from_base_units(holding.quantity, holding.base.decimals)
    cost = from_base_units(holding.cost, holding.quote.decimals)
    return build_position(
        instrument=instrument_key(holding.base, holding.quote),
        base=holding.base.symbol,
        quote=holding.quote.symbol,
        quantity=quantity,
        average_cost=ratio(cost, quantity),
        realised_pnl=from_base_units(holding.realised, holding.quote.decimals),
        fills=holding.fills,
    )


def _documents(positions: Positions, incarnation: str) -> list[ReadModelDocument]:
    document = to_document(positions, incarnation)
    return [] if document is None else [document]


FILLS_BY_STRATEGY: Final = GroupFold(
    read_models=(POSITIONS,),
    by=GroupKey.STRATEGY,
    payloads=(StepFilled,),
    begin=Positions,
    evolve=evolve_positions,
    documents=_documents,
)
