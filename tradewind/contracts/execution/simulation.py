"""What a swap on paper was executed against, so that its fills can be derived again."""

from pydantic import Field

from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.wire import BaseUnits, DecimalString, Document, Timestamp, WireModel


class SimulationTerms(Document):
    """The settings of the simulated venue. With the hash of an order they decide every draw."""

    seed: int
    partial_fill_probability: DecimalString
    failure_probability: DecimalString
    timeout_probability: DecimalString
    latency_ms: int = Field(ge=0)
    gas_price_wei: BaseUnits
    """The price of a unit of gas where no chain says so."""


class ExecutionInputs(WireModel):
    """What the simulated venue executed an order against, beside the order."""

    market: ContentId | None
    """The content id of the instrument.market_observed; None when that was too large."""
    settings: SimulationTerms
    submitted_at: Timestamp
