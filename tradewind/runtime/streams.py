"""Declares the streams and key-value buckets, and reconciles the server's at every start."""

import asyncio
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
from tradewind.contracts.market.ticks import MAX_TICK_AGE, MAX_TICK_BYTES
from tradewind.contracts.ordering import TRANSFORM_SOURCE, partitions_in, transform_destination
from tradewind.contracts.registry import EVENT_DOMAINS
from tradewind.contracts.streams import (
    DEAD_LETTER_SUBJECT_PREFIX,
    DEAD_LETTERS_STREAM,
    EVENTS_STREAM,
    MARKET_STREAM,
    PERP_SNAPSHOTS_BUCKET,
    POOL_SNAPSHOTS_BUCKET,
    STRATEGIES_BUCKET,
    STRATEGIES_KEPT_SECONDS,
    TICK_SUBJECT_PREFIX,
)
from tradewind.errors import ConfigurationError, TransientError
from tradewind.runtime.connection import (
    NOT_YET,
    BrokerUnreachable,
    ClusterNotReady,
    NatsConnection,
)
from tradewind.settings import EVENTS_MAX_BYTES

DAY_SECONDS: Final = 86_400
RETENTION_SECONDS: Final = 7 * DAY_SECONDS
DEAD_LETTER_RETENTION_SECONDS: Final = 30 * DAY_SECONDS
DUPLICATE_WINDOW_SECONDS: Final = 120
MAX_RAW_BYTES: Final = 1024 * 1024
"""A server accepts this much by default. Events are smaller, but a dead letter may be anything."""
NO_ROOM: Final = frozenset({10_023, 10_047})
"""Error codes of a server that has reached its own limit of storage or of memory."""
NO_STORE: Final = "error creating store for stream"
"""All that a server says when its disk refuses a stream; its log has the reason, which may pass:
what it deleted a moment ago is still being removed (nats-server 2.15, jetstream_api.go)."""
STORE_PAUSES_SECONDS: Final = (0.1, 0.5, 2.0)
DEAD_LETTERS_MAX_BYTES: Final = 256 * 1024 * 1024
MARKET_MAX_BYTES: Final = 64 * 1024 * 1024
"""About 200,000 ticks: with 20 instruments that move every second, three hours."""
_TRANSFORM: Final = "subject_transform"


class StreamsMissing(TransientError):
    """A stream is missing or wrong, and this login may not change it. Run `tradewind provision`."""

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
        _lossless_stream(
            EVENTS_STREAM,
            [f"{domain}.>" for domain in EVENT_DOMAINS],
            retention_seconds=RETENTION_SECONDS,
            max_bytes=events_max_bytes,
            replicas=replicas,
        ).evolve(subject_transform=subject_transform(partitions)),
        _lossless_stream(
            DEAD_LETTERS_STREAM,
            [f"{DEAD_LETTER_SUBJECT_PREFIX}.*"],
            retention_seconds=DEAD_LETTER_RETENTION_SECONDS,
            max_bytes=DEAD_LETTERS_MAX_BYTES,
            replicas=replicas,
        ),
        _bucket(POOL_SNAPSHOTS_BUCKET, StorageType.MEMORY, replicas),
        _bucket(PERP_SNAPSHOTS_BUCKET, StorageType.MEMORY, replicas),
        _tick_stream(replicas),
        _bucket(STRATEGIES_BUCKET, StorageType.MEMORY, replicas).evolve(
            max_age=STRATEGIES_KEPT_SECONDS, duplicate_window=STRATEGIES_KEPT_SECONDS
        ),
    )


def subject_transform(partitions: int) -> SubjectTransform | None:
    """Return the transform that appends both partitions to stored subjects; None for 0."""
    if not partitions:
        return None
    return SubjectTransform(TRANSFORM_SOURCE, transform_destination(partitions))


def partitions_of(config: StreamConfig) -> int:
    """Return how many partitions a stream's transform has; 0 when it has no such transform."""
    transform = config.subject_transform
    if transform is None or transform.src != TRANSFORM_SOURCE:
        return 0
    return partitions_in(transform.dest)


def _lossless_stream(
    name: str, subjects: list[str], *, retention_seconds: int, max_bytes: int, replicas: int
) -> StreamConfig:
    """Return a stream that loses nothing within its retention, for events and dead letters.

    When it is full it refuses new messages (`DiscardPolicy.NEW`) and never drops old ones, and no
    login can delete or purge. The server reserves `max_bytes` of its storage, so that no stream
    fills the disk.
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


def _tick_stream(replicas: int) -> StreamConfig:
    """Return the stream of ticks, which drops the oldest: a tick that is lost is a smaller gap."""
    return StreamConfig(
        name=MARKET_STREAM,
        subjects=[f"{TICK_SUBJECT_PREFIX}.*"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=MAX_TICK_AGE.total_seconds(),
        max_bytes=MARKET_MAX_BYTES,
        max_msg_size=MAX_TICK_BYTES,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
        deny_delete=True,
        deny_purge=True,
        allow_direct=False,
        num_replicas=replicas,
    )


def _bucket(name: str, storage: StorageType, replicas: int) -> StreamConfig:
    """Return a key-value bucket with history 1; to JetStream a bucket is a stream named KV_*."""
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
        # A direct get is answered on the reply subject it names, which may be a subject of EVENTS:
        # a login that may only read the bucket could publish an event that way.
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
    """Create missing streams and update those that drifted; StreamDrift when that is impossible.

    An argument that is None leaves that property of an existing stream as it is. A stream with
    partitions keeps their number whatever `partitions` says, because only `resize` can change it in
    order; 0 removes them. Only the administrator's login can change anything. With the login of a
    role this is a check, and raises StreamsMissing where there is something to change.
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
        # Brokers that have no leader leave a question without an answer.
        if isinstance(error, TimeoutError) or getattr(error, "err_code", None) in NOT_YET:
            raise ClusterNotReady(
                "JetStream does not answer: have the brokers a leader?"
            ) from error
        raise BrokerUnreachable("JetStream does not answer: is it enabled?") from error


async def stored_partitions(connection: NatsConnection) -> int:
    """Return how many partitions EVENTS stores subjects with; StreamsMissing when it has none."""
    info = await connection.jetstream.stream_info(EVENTS_STREAM)
    partitions = partitions_of(info.config)
    if not partitions:
        raise StreamsMissing(
            f"{EVENTS_STREAM} stores subjects without partitions: run `tradewind provision`"
        )
    return partitions


async def _declare(connection: NatsConnection, config: StreamConfig, kept: Sequence[str]) -> None:
    """Create or update a stream; an existing one keeps the fields `kept`."""
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
    for pause in (*STORE_PAUSES_SECONDS, None):
        try:
            await connection.jetstream.add_stream(config)
        except (BadRequestError, ServerError) as error:
            if pause is None or error.description != NO_STORE:
                raise _refused(config, error) from error
            await asyncio.sleep(pause)
        else:
            return


def _refused(
    config: StreamConfig, error: APIError, what: str = ""
) -> ConfigurationError | TransientError:
    if error.err_code in NOT_YET:
        return ClusterNotReady(f"stream {config.name}: {error.description}")
    if error.err_code not in NO_ROOM:
        return StreamDrift(f"stream {config.name}: {what}{error.description}")
    return StreamTooLarge(
        f"stream {config.name} may hold {config.max_bytes} bytes, and the broker has less room: "
        f"{error.description}; lower TRADEWIND_EVENTS_MAX_BYTES or give it a larger disk"
    )


def _drift(declared: StreamConfig, actual: StreamConfig) -> list[str]:
    """Return the names of declared fields that differ on the server.

    `as_dict` leaves None out, but declaring no transform means that there must be none.
    """
    wanted, found = declared.as_dict(), actual.as_dict()
    wanted.setdefault(_TRANSFORM, None)
    return [name for name, value in wanted.items() if found.get(name) != value]
