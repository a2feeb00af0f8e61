"""Metrics of the traffic with the broker."""

from typing import Final

from prometheus_client import Counter

REDELIVERED: Final = Counter(
    "tradewind_consumer_redelivered_messages",
    "Messages that were delivered before, those a handler asked for again included.",
    ["stream", "durable"],
)
DECISIONS: Final = Counter(
    "tradewind_kept_decisions",
    "What actors that keep their decisions published: the one they kept now (kept), the one that "
    "was kept before (repeated), or one that was kept when they had decided anew (overruled).",
    ["queue_group", "outcome"],
)
PUBLISH_FAILURES: Final = Counter(
    "tradewind_publish_failures",
    "Attempts to publish that the broker did not confirm, by the error's code.",
    ["code"],
)
