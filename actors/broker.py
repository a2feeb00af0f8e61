"""The broker on which every role of this process declares its actors."""

from tradewind.contracts.roles import queue_groups
from tradewind.runtime import JetStreamBroker, LogContext, Metrics
from tradewind.runtime.middleware.retries import default_retries

broker = JetStreamBroker(
    [
        LogContext(),
        Metrics(),
        default_retries(),
    ],
    orders={group.name: group.order for group in queue_groups()},
)
