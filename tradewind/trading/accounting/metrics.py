"""Metrics of the accounts."""

from typing import Final

from prometheus_client import Counter

FILL_CONFLICTS: Final = Counter(
    "tradewind_fill_conflicts",
    "Fills that were told with another content under a key that had a fill; one of both stands.",
)
LATE_POSTINGS: Final = Counter(
    "tradewind_late_postings",
    "How often accounts were folded again because something earlier in the chain came later.",
)
