"""How long signals take from stage to stage; each role that ends a stage measures it."""

from datetime import datetime
from typing import Final, Literal

from prometheus_client import Histogram

from tradewind.contracts.signals.model import SignalTerms

STAGE_SECONDS: Final = Histogram(
    "tradewind_signal_stage_seconds",
    "Time from a signal's receipt until it was decided what becomes of it in a stage.",
    ["stage"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 6, 10, 30),
)

type Stage = Literal["enriched", "rejected", "evaluated", "concluded"]


def observe_stage(stage: Stage, terms: SignalTerms, now: datetime) -> None:
    """Observe that a signal came to the end of a stage now."""
    STAGE_SECONDS.labels(stage).observe(max(0.0, (now - terms.received_at).total_seconds()))
