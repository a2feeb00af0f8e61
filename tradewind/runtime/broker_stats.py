"""The size of the broker's streams and the lag of their durable consumers."""

import asyncio
from typing import NamedTuple

from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from tradewind.contracts.ordering import Order, durables_of
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.errors import TransientError
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.streams import partitions_of


class BrokerSilent(TransientError):
    """The broker did not answer a question about a stream or consumer. Ask again."""

    code = "BROKER_SILENT"


class StreamSize(NamedTuple):
    """The bytes a stream holds, and its limit, where 0 means that it has none."""

    stored_bytes: int
    limit_bytes: int


class Lag(NamedTuple):
    """The messages a durable consumer has not delivered yet, and those delivered but not acked."""

    pending: int
    unacknowledged: int
    acknowledged: int = 0
    """Since the consumer was made; a message that was delivered again counts as often."""
    redelivered: int = 0
    """Of what is not acknowledged, what was delivered more than once."""
    consumers: int = 1


async def stream_size(connection: NatsConnection, stream: str) -> StreamSize | None:
    """Return the size of a stream, None when there is none; BrokerSilent without an answer."""
    try:
        info = await connection.jetstream.stream_info(stream)
    except NotFoundError:
        return None
    except (NatsError, OSError, TimeoutError) as error:
        raise BrokerSilent(f"stream {stream}: {str(error) or type(error).__name__}") from error
    return StreamSize(info.state.bytes, max(0, info.config.max_bytes or 0))


async def consumer_lag(connection: NatsConnection, stream: str, durable: str) -> Lag | None:
    """Return the lag of a consumer, None when there is none; BrokerSilent without an answer."""
    try:
        info = await connection.jetstream.consumer_info(stream, durable)
    except NotFoundError:
        return None
    except (NatsError, OSError, TimeoutError) as error:
        raise BrokerSilent(f"consumer {durable}: {str(error) or type(error).__name__}") from error
    unacknowledged = info.num_ack_pending or 0
    delivered = info.delivered.consumer_seq if info.delivered else 0
    redelivered = info.num_redelivered or 0
    return Lag(info.num_pending or 0, unacknowledged, delivered - unacknowledged, redelivered)


async def group_lag(
    connection: NatsConnection, queue_group: str, order: Order, stream: str = EVENTS_STREAM
) -> Lag | None:
    """Return the lag of a queue group on a stream, summed over its partitions.

    It is None while one of its consumers is missing; BrokerSilent without an answer.
    """
    partitions = 0 if order is Order.UNORDERED else await _partitions(connection)
    if order is not Order.UNORDERED and not partitions:
        return None
    lags = await asyncio.gather(
        *(
            consumer_lag(connection, stream, durable)
            for durable in durables_of(queue_group, order, partitions)
        )
    )
    found = [lag for lag in lags if lag is not None]
    if len(found) < len(lags):
        return None
    return Lag(*map(sum, zip(*found, strict=True)))


async def _partitions(connection: NatsConnection) -> int:
    try:
        info = await connection.jetstream.stream_info(EVENTS_STREAM)
    except NotFoundError:
        return 0
    except (NatsError, OSError, TimeoutError) as error:
        raise BrokerSilent(
            f"stream {EVENTS_STREAM}: {str(error) or type(error).__name__}"
        ) from error
    return partitions_of(info.config)
