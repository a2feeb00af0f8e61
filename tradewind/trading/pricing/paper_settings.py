"""Settings of paper trading: simulated pools and a simulated venue."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from tradewind.settings import OwnedSettings

Probability = Annotated[Decimal, Field(ge=0, le=1)]


class PaperSettings(OwnedSettings):
    """Trading on paper."""

    simulation_seed: int = 1
    """The seed that determines prices, fills and failures."""
    simulated_partial_fill_probability: Probability = Decimal("0.2")
    """The probability that a simulated swap fills in parts."""
    simulated_failure_probability: Probability = Decimal(0)
    """The probability that the simulated venue cannot be reached."""
    simulated_timeout_probability: Probability = Decimal(0)
    """The probability that its answer is lost although it has the swap."""
    simulated_latency_ms: int = Field(20, ge=0, le=600_000)
    """Time from submission to the first fill."""
    gas_price_wei: int = Field(1_000_000_000, ge=0)
    """What a unit of gas costs where no chain says so: plans expect it, and paper fills pay it."""
