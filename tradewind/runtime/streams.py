"""Streams and key-value buckets: declared here once, reconciled at every start."""

from collections.abc import Sequence
from typing import Final

from nats.errors import NoRespondersError
from nats.js.api import (
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
    SubjectTransform,
)
from nats.js.errors import (
    APIError,
    BadRequestError,
    NotFoundError,
    ServerError,
    ServiceUnavailableError,
)

from tradewind.contracts.envelope import MAX_EVENT_BYTES
from tradewind.contracts.ordering import TRANSFORM_SOURCE, partitions_in, transform_destination
from tradewind.contracts.registry import EVENT_DOMAINS
from tradewind.contracts.streams import (
    DEAD_LETTER_SUBJECT_PREFIX,
    DEAD_LETTERS_STREAM,
    EVENTS_STREAM,
    POOL_SNAPSHOTS_BUCKET,
)
from tradewind.errors import ConfigurationError, TransientError
from tradewind.runtime.connection import BrokerUnreachable, NatsConnection
from tradewind.settings import EVENTS_MAX_BYTES

DAY_SECONDS: Final = 86_400
RETENTION_SECONDS: Final = 7 * DAY_SECONDS
DEAD_LETTER_RETENTION_SECONDS: Final = 30 * DAY_SECONDS
DUPLICATE_WINDOW_SECONDS: Final = 120
MAX_RAW_BYTES: Final = 1024 * 1024
"""What a server with its default configuration accepts: a dead letter may be no event at all."""
NO_ROOM: Final = frozenset({10_023, 10_047})
"""Error codes of a server whose own limit of storage, or of memory, is reached."""
DEAD_LETTERS_MAX_BYTES: Final = 256 * 1024 * 1024
_TRANSFORM: Final = "subject_transform"


class StreamsMissing(TransientError):
    """A stream is not as it has to be, and this login may not change it: `tradewind provision`."""

    code = "STREAMS_MISSING"


class StreamDrift(ConfigurationError):
    """A stream exists with a configuration that cannot be changed. Migrate it or delete it."""

    code = "STREAM_DRIFT"


class StreamTooLarge(ConfigurationError):
    """The broker has less storage than a stream may use. Lower TRADEWIND_EVENTS_MAX_BYTES."""

    code = "STREAM_TOO_LARGE"


def stream_configurations(
    replicas: int = 1, events_max_bytes: int = EVENTS_MAX_BYTES, partitions: int = 0
) -> tuple[StreamConfig, ...]:
    """Return every stream of the platform; `replicas` is 1, or 3 on a cluster of three.

    `partitions` is 0 unless some queue group is ordered by key.
    """
    return (
        _money_stream(
            EVENTS_STREAM,
            [f"{domain}.>" for domain in EVENT_DOMAINS],
            retention_seconds=RETENTION_SECONDS,
            max_bytes=events_max_bytes,
            replicas=replicas,
        ).evolve(subject_transform=subject_transform(partitions)),
        _money_stream(
            DEAD_LETTERS_STREAM,
            [f"{DEAD_LETTER_SUBJECT_PREFIX}.*"],
            retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
            max_bytes=DEAD_LETTERS_MAX_BYTES,
            replicas=replicas,
        ),
        _bucket(POOL_SNAPSHOTS_BUCKET, StorageType.MEMORY, replicas),
    )


def subject_transform(partitions: int) -> SubjectTransform | None:
    """Return what appends the partitions of both keys to a stored subject; None without any."""
    if not partitions:
        return None
    return SubjectTransform(TRANSFORM_SOURCE, transform_destination(partitions))


def partitions_of(config: StreamConfig) -> int:
    """Return how many partitions a stream stores its subjects with; 0 when it appends none."""
    transform = config.subject_transform
    if transform is None or transform.src != TRANSFORM_SOURCE:
        return 0
    return partitions_in(transform.dest)


def _money_stream(
    name: str, subjects: list[str], *, retention_seconds: int, max_bytes: int, replicas: int
) -> StreamConfig:
    """Nothing is dropped to make room and nobody can delete: a full stream refuses instead.

    The server sets aside `max_bytes` of its storage, so that no stream fills the disk.
    """
    return StreamConfig(
        name=name,
        subjects=subjects,
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=retention_seconds,
        max_bytes=max_bytes,
        max_msg_size=MAX_RAW_BYTES,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
        deny_delete=True,
        deny_purge=True,
        allow_direct=True,
        num_replicas=replicas,
    )


def _bucket(name: str, storage: StorageType, replicas: int) -> StreamConfig:
    """A key-value bucket with history 1, as the stream it is."""
    return StreamConfig(
        name=f"KV_{name}",
        subjects=[f"$KV.{name}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=storage,
        discard=DiscardPolicy.NEW,
        max_msgs_per_subject=1,
        max_msg_size=MAX_EVENT_BYTES,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
        deny_delete=True,
        allow_rollup_hdrs=True,
        # a direct get would be answered on any subject it names, one of EVENTS too
        allow_direct=False,
        num_replicas=replicas,
    )


async def declare_streams(
    connection: NatsConnection,
    *,
    replicas: int | None = None,
    events_max_bytes: int | None = None,
    partitions: int | None = None,
) -> None:
    """Create what is missing, update what drifted; StreamDrift when that is impossible.

    Without `events_max_bytes` a stream of events that exists keeps its limit, without `replicas`
    every stream keeps its number of copies, without `partitions` the partitions it has. A stream
    that has partitions keeps their number in any case: `resize` changes it, 0 removes them. Only
    the administrator's login can change anything: for a role this is a check, and raises
    StreamsMissing where it would have to do more.
    """
    try:
        for config in stream_configurations(
            replicas or 1, events_max_bytes or EVENTS_MAX_BYTES, partitions or 0
        ):
            kept = ["num_replicas"] if replicas is None else []
            if config.name == EVENTS_STREAM and events_max_bytes is None:
                kept.append("max_bytes")
            if config.name == EVENTS_STREAM and partitions is None:
                kept.append(_TRANSFORM)
            await _declare(connection, config, kept)
    except (NoRespondersError, ServiceUnavailableError, TimeoutError) as error:
        if connection.refused:
            raise StreamsMissing(f"{connection.refused}: run `tradewind provision`") from error
        raise BrokerUnreachable("JetStream does not answer: is it enabled?") from error


async def stored_partitions(connection: NatsConnection) -> int:
    """Return with how many partitions EVENTS stores subjects; StreamsMissing without any."""
    info = await connection.jetstream.stream_info(EVENTS_STREAM)
    partitions = partitions_of(info.config)
    if not partitions:
        raise StreamsMissing(
            f"{EVENTS_STREAM} stores subjects without partitions: run `tradewind provision`"
        )
    return partitions


async def _declare(connection: NatsConnection, config: StreamConfig, kept: Sequence[str]) -> None:
    """`kept` are the fields a stream that exists keeps as they are."""
    jetstream = connection.jetstream
    assert config.name is not None
    drifted = []
    try:
        info = await jetstream.stream_info(config.name)
        if partitions_of(config) and partitions_of(info.config):
            kept = [*kept, _TRANSFORM]
        config = config.evolve(**{field: getattr(info.config, field) for field in kept})
        drifted = _drift(config, info.config)
        if drifted:
            await jetstream.update_stream(config)
    except NotFoundError:
        await _create(connection, config)
    except (BadRequestError, ServerError) as error:
        raise _refused(config, error, f"{', '.join(drifted)}: ") from error


async def _create(connection: NatsConnection, config: StreamConfig) -> None:
    try:
        await connection.jetstream.add_stream(config)
    except (BadRequestError, ServerError) as error:
        raise _refused(config, error) from error


def _refused(config: StreamConfig, error: APIError, what: str = "") -> ConfigurationError:
    if error.err_code not in NO_ROOM:
        return StreamDrift(f"stream {config.name}: {what}{error.description}")
    return StreamTooLarge(
        f"stream {config.name} may hold {config.max_bytes} bytes, and the broker has less room: "
        f"{error.description}; lower TRADEWIND_EVENTS_MAX_BYTES or give it a larger disk"
    )


def _drift(declared: StreamConfig, actual: StreamConfig) -> list[str]:
    """Return the declared fields the server has otherwise; no transform is a declaration, too."""
    wanted, found = declared.as_dict(), actual.as_dict()
    wanted.setdefault(_TRANSFORM, None)
    return [name for name, value in wanted.items() if found.get(name) != value]
