"""Metrics of the desk. Labels are configured names and closed vocabularies, never input."""

from typing import Final

from prometheus_client import Counter, Gauge

CONCLUDED: Final = Counter(
    "tradewind_signals_concluded_total", "Signals concluded, by outcome.", ["outcome"]
)
AWAITED: Final = Counter(
    "tradewind_signal_approvals_asked_total",
    "Times the desk looked for the answer of a person and there was none yet.",
)
MARKS: Final = Counter(
    "tradewind_signal_marks_total",
    "Marks of decisions, by horizon and whether there was a price.",
    ["horizon", "result"],
)
MARKS_DUE: Final = Gauge(
    "tradewind_signal_marks_due", "Marks whose time has come and that are neither taken nor missed."
)
MARKS_UNRECORDED: Final = Gauge(
    "tradewind_signal_marks_unrecorded",
    "Marks that are kept and that the ledger lacks.",
)
BRIER: Final = Gauge(
    "tradewind_decision_calibration_brier",
    "Brier score of the newest prompt of a model; 0 is certain and right, 0.25 a coin.",
    ["model", "horizon"],
)
