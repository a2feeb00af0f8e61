"""The broker on which every role of this process declares its actors."""

from dramatiq.middleware import Retries

from tradewind.contracts.roles import queue_groups
from tradewind.runtime import JetStreamBroker, LogContext, Metrics
from tradewind.runtime.broker import MAX_BACKOFF_MS, MAX_RETRIES, MIN_BACKOFF_MS

broker = JetStreamBroker(
    [
        LogContext(),
        Metrics(),
        Retries(max_retries=MAX_RETRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS),
    ],
    orders={group.name: group.order for group in queue_groups()},
)
