"""`positions:{strategy_id}` as it stands in Redis and in answers: snake_case, never float."""

from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.read_model import ReadModel
from tradewind.contracts.wire import DecimalString, Document, Timestamp


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


class PositionsDocument(ReadModel):
    """`positions:{strategy_id}`. `version` is the global_seq of the last fill."""

    strategy_id: StrategyId
    last_event_time: Timestamp
    pnl: DecimalString | None
    """Realised, in the one quote token; None when the positions have several."""
    pnl_by_quote: dict[str, DecimalString]
    positions: tuple[Position, ...]
