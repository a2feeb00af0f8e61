"""Metrics of the book."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

FENCED: Final = Gauge(
    "tradewind_book_fenced",
    "1 while this process decides, signs or books nothing: its database may lack something.",
)
CLAIMS: Final = Gauge("tradewind_book_claims", "Approved intents that have not ended.")
OVERDUE: Final = Gauge(
    "tradewind_book_claims_overdue",
    "Claims whose intent's time window closed long ago, and that no recorded event has ended.",
)
OLDEST_OVERDUE: Final = Gauge(
    "tradewind_book_claim_overdue_seconds",
    "How long ago the time window of the oldest open claim closed; 0 while it is open.",
)
UNSETTLED: Final = Gauge(
    "tradewind_book_unsettled_events", "Events of the ledger that the book does not follow yet."
)
OUTBOX: Final = Gauge(
    "tradewind_book_outbox_events", "Events of portfolios' histories that the ledger lacks."
)
LOCKED_SECONDS: Final = Histogram(
    "tradewind_book_locked_seconds",
    "How long the portfolios of a page were locked while it was settled.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.75, 1.5, 3.0),
)
SETTLED: Final = Counter(
    "tradewind_book_settled",
    "Claims that a recorded event ended, by what became of them.",
    ["status"],
)
CONTRADICTIONS: Final = Counter(
    "tradewind_book_contradictions",
    "Decisions that the ledger has otherwise than this book had kept them; the ledger is right.",
)
DECISIONS: Final = Counter(
    "tradewind_book_decisions",
    "Intents handled: decided now, decided before (repeated), or found in the ledger (adopted).",
    ["outcome"],
)
WAITING: Final = Gauge(
    "tradewind_approvals_waiting", "Intents that wait until a person approves them."
)
OLDEST_WAITING: Final = Gauge(
    "tradewind_approval_waiting_seconds",
    "For how long the oldest intent has waited for a person; 0 while none does.",
)
WAITS_UNRECORDED: Final = Gauge(
    "tradewind_approvals_unrecorded",
    "Ends of waits for a person that the ledger lacks; they are published until it has them.",
)
WAITS_ENDED: Final = Counter(
    "tradewind_approvals_ended",
    "Waits for a person that ended, by the event that ended them.",
    ["topic"],
)
