"""Durable pull consumers, which are created or updated whenever a worker starts."""

import contextlib
from typing import Final, NamedTuple

from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from tradewind.errors import ConfigurationError
from tradewind.runtime.connection import NOT_YET, ClusterNotReady, NatsConnection

MAX_ACK_PENDING: Final = 20_000
MAX_WAITING_PULLS: Final = 2_048
_KEPT_FIELDS: Final = ("deliver_policy", "opt_start_seq", "pause_until")
"""Fields that keep their value on an existing consumer: an operator or `resize` has set them."""


class ConsumerDrift(ConfigurationError):
    """A consumer exists with a configuration that cannot be changed. Migrate it or delete it."""

    code = "CONSUMER_DRIFT"


class ConsumerSpec(NamedTuple):
    """The declared configuration of a durable consumer. No `filters` means every subject.

    `group` is the durable name of the queue group where the group has several consumers.
    """

    stream: str
    durable: str
    ack_wait_ms: int
    filters: tuple[str, ...] = ()
    max_ack_pending: int = MAX_ACK_PENDING
    group: str = ""

    @property
    def counted_as(self) -> str:
        """The `durable` label of metrics; partitions of one group share it to limit the series."""
        return self.group or self.durable

    def config(self) -> ConsumerConfig:
        """Return the configuration for JetStream.

        Deliveries are unlimited there: the worker decides when to give up, since only it can store
        a dead letter.
        """
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
    """Create or update the consumer; ConsumerDrift when JetStream cannot change an existing one.

    ClusterNotReady while the brokers cannot, because they elect a leader for example. Its start and
    its pause stay as they are: `resize` set them, and a worker that starts meanwhile must not undo
    that.
    """
    try:
        try:
            await _declare(connection, spec)
        except APIError:
            # Whoever provisions may have created it, with a start of its own, since it was missing.
            await _declare(connection, spec)
    except APIError as error:
        refused = ClusterNotReady if error.err_code in NOT_YET else ConsumerDrift
        raise refused(f"consumer {spec.durable}: {error.description}") from error


async def _declare(connection: NatsConnection, spec: ConsumerSpec) -> None:
    jetstream = connection.jetstream
    config = spec.config()
    with contextlib.suppress(NotFoundError):
        info = await jetstream.consumer_info(spec.stream, spec.durable)
        config = config.evolve(**{field: getattr(info.config, field) for field in _KEPT_FIELDS})
        if not _drift(config, info.config):
            return
    await jetstream.add_consumer(spec.stream, config)


def _drift(declared: ConsumerConfig, actual: ConsumerConfig | None) -> bool:
    found = actual.as_dict() if actual is not None else {}
    return any(found.get(name) != value for name, value in declared.as_dict().items()) or any(
        name in found and name not in declared.as_dict()
        for name in ("filter_subject", "filter_subjects")
    )
