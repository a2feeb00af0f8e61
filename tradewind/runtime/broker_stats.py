"""The size of the broker's streams and the lag of their durable consumers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from tradewind.contracts.ordering import Order, durables_of
from tradewind.contracts.role_model import QueueGroup
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.errors import TransientError
from tradewind.runtime.connection import API_TIMEOUT_SECONDS, NatsConnection
from tradewind.runtime.streams import partitions_of

CONSUMER_LIST_PREFIX: Final = "$JS.API.CONSUMER.LIST"
_NO_STREAM: Final = 10_059


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
        raise _silent(f"stream {stream}", error) from error
    return StreamSize(info.state.bytes, max(0, info.config.max_bytes or 0))


async def group_lags(
    connection: NatsConnection, groups: Sequence[QueueGroup], stream: str = EVENTS_STREAM
) -> list[Lag | None]:
    """Return the lag of queue groups on a stream, each summed over its partitions.

    It is None while one of a group's consumers is missing; BrokerSilent without an answer. The
    broker lists all consumers in one answer: a question for each cost it and us fifty times that.
    """
    is_ordered = any(group.order is not Order.UNORDERED for group in groups)
    partitions = await _partitions(connection) if is_ordered else 0
    lags = await _consumer_lags(connection, stream)
    return [_group_lag(group, lags, partitions) for group in groups]


def _group_lag(group: QueueGroup, lags: Mapping[str, Lag], partitions: int) -> Lag | None:
    durables = durables_of(group.name, group.order, partitions)
    found = [lags[durable] for durable in durables if durable in lags]
    if not found or len(found) < len(durables):
        return None
    return Lag(*map(sum, zip(*found, strict=True)))


async def _consumer_lags(connection: NatsConnection, stream: str) -> dict[str, Lag]:
    """Return the lag of every consumer of a stream by name; none where there is no stream."""
    lags: dict[str, Lag] = {}
    listed, total = 0, 1
    while listed < total:
        page = await _list_consumers(connection, stream, listed)
        consumers = page.get("consumers") or ()
        lags |= {consumer["name"]: _lag_of(consumer) for consumer in consumers}
        listed += len(consumers)
        total = page.get("total", 0) if consumers else 0
    return lags


async def _list_consumers(connection: NatsConnection, stream: str, offset: int) -> dict[str, Any]:
    subject = f"{CONSUMER_LIST_PREFIX}.{stream}"
    try:
        body = orjson.dumps({"offset": offset})
        answer = await connection.client.request(subject, body, timeout=API_TIMEOUT_SECONDS)
    except (NatsError, OSError, TimeoutError) as error:
        raise _silent(f"consumers of {stream}", error) from error
    page: dict[str, Any] = orjson.loads(answer.data)
    refusal = page.get("error")
    if refusal and refusal.get("err_code") != _NO_STREAM:
        raise BrokerSilent(f"consumers of {stream}: {refusal.get('description')}")
    if page.get("missing"):  # brokers that lead these consumers did not tell of them
        raise BrokerSilent(f"consumers of {stream}: nothing of {', '.join(page['missing'])}")
    return page


def _lag_of(consumer: Mapping[str, Any]) -> Lag:
    unacknowledged: int = consumer["num_ack_pending"]
    acknowledged = consumer["delivered"]["consumer_seq"] - unacknowledged
    return Lag(consumer["num_pending"], unacknowledged, acknowledged, consumer["num_redelivered"])


async def _partitions(connection: NatsConnection) -> int:
    try:
        info = await connection.jetstream.stream_info(EVENTS_STREAM)
    except NotFoundError:
        return 0
    except (NatsError, OSError, TimeoutError) as error:
        raise _silent(f"stream {EVENTS_STREAM}", error) from error
    return partitions_of(info.config)


def _silent(what: str, error: Exception) -> BrokerSilent:
    return BrokerSilent(f"{what}: {str(error) or type(error).__name__}")
