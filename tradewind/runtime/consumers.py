"""Durable pull consumers: one per queue group, declared and reconciled at start."""

from typing import Final, NamedTuple

from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from tradewind.errors import ConfigurationError
from tradewind.runtime.connection import NatsConnection

MAX_ACK_PENDING: Final = 20_000
MAX_WAITING_PULLS: Final = 2_048
_OPERATORS: Final = ("deliver_policy", "opt_start_seq", "pause_until")
"""Fields of a consumer that exists which belong to whoever made it or paused it."""


class ConsumerDrift(ConfigurationError):
    """A consumer exists with a configuration that cannot be changed. Migrate it or delete it."""

    code = "CONSUMER_DRIFT"


class ConsumerSpec(NamedTuple):
    """What a durable consumer shall be. No `filters` means every subject of the stream.

    `group` is the durable name of the queue group where that has several consumers.
    """

    stream: str
    durable: str
    ack_wait_ms: int
    filters: tuple[str, ...] = ()
    max_ack_pending: int = MAX_ACK_PENDING
    group: str = ""

    @property
    def counted_as(self) -> str:
        """The name under which metrics count what is delivered."""
        return self.group or self.durable

    def config(self) -> ConsumerConfig:
        """Return the server's form. Deliveries are unlimited: giving up is the worker's choice."""
        return ConsumerConfig(
            name=self.durable,
            durable_name=self.durable,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=self.ack_wait_ms / 1_000,
            max_deliver=-1,
            max_ack_pending=self.max_ack_pending,
            max_waiting=MAX_WAITING_PULLS,
            filter_subject=self.filters[0] if len(self.filters) == 1 else None,
            filter_subjects=list(self.filters) if len(self.filters) > 1 else None,
        )


async def declare_consumer(connection: NatsConnection, spec: ConsumerSpec) -> None:
    """Create or update the consumer; ConsumerDrift when what exists cannot become it.

    Where a consumer began, and that it is paused, is not for a worker to change.
    """
    jetstream = connection.jetstream
    config = spec.config()
    try:
        info = await jetstream.consumer_info(spec.stream, spec.durable)
        config = config.evolve(**{field: getattr(info.config, field) for field in _OPERATORS})
        if not _drift(config, info.config):
            return
    except NotFoundError:
        pass
    try:
        await jetstream.add_consumer(spec.stream, config)
    except APIError as error:
        raise ConsumerDrift(f"consumer {spec.durable}: {error.description}") from error


def _drift(declared: ConsumerConfig, actual: ConsumerConfig | None) -> bool:
    found = actual.as_dict() if actual is not None else {}
    return any(found.get(name) != value for name, value in declared.as_dict().items()) or any(
        name in found and name not in declared.as_dict()
        for name in ("filter_subject", "filter_subjects")
    )
