"""Metrics of the traffic with the broker."""

from typing import Final

from prometheus_client import Counter

REDELIVERED: Final = Counter(
    "tradewind_consumer_redelivered_messages",
    "Messages that were delivered before, those a handler asked for again included.",
    ["stream", "durable"],
)
PUBLISH_FAILURES: Final = Counter(
    "tradewind_publish_failures",
    "Attempts to publish that the broker did not confirm, by the error's code.",
    ["code"],
)
