"""Continues on a restored database: in a new incarnation, with the streams read again."""

from contextlib import suppress

import structlog
from nats.js.errors import NotFoundError

from actors.coordinator.stream_identity import StreamIdentity
from tradewind.contracts.roles import COORDINATOR_GROUP
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM
from tradewind.errors import TransientError
from tradewind.ledger.append.incarnation import (
    Incarnations,
    ShownPosition,
    StreamPosition,
    find_loss,
)
from tradewind.ledger.records import WriterPosition
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.runtime import NatsConnection

logger = structlog.get_logger("coordinator")


class Restoration:
    """Detects that history was lost, and has it recorded again from the stream."""

    def __init__(
        self,
        connection: NatsConnection,
        stream: StreamIdentity,
        incarnations: Incarnations,
        store: DocumentStore,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._incarnations = incarnations
        self._store = store

    async def settle(self, term: WriterPosition) -> WriterPosition:
        """Return the position to write from, in a new incarnation when history was lost.

        Raises TransientError while PostgreSQL is away. It does not wait for Redis, whose documents
        are only the second evidence of a loss after the position of the stream's consumer.
        """
        shown = await self._shown()
        loss = find_loss(
            term, await self._incarnations.written(), await self._acknowledged(), shown
        )
        return await self.begin(term, loss, shown) if loss else term

    async def begin(
        self, term: WriterPosition, loss: str, shown: ShownPosition | None = None
    ) -> WriterPosition:
        """Begin a new incarnation and have the streams delivered from their start."""
        after = shown.incarnation if shown else ""
        begun = await self._incarnations.begin(term.epoch, after, self._stream.created)
        logger.critical(
            "the database was restored: reading the stream again under a new incarnation",
            loss=loss,
            lost_incarnation=term.incarnation,
            incarnation=begun.incarnation,
            last_global_seq=begun.last_global_seq,
        )
        for name in (DEAD_LETTERS_STREAM, EVENTS_STREAM):
            with suppress(NotFoundError):
                durable = COORDINATOR_GROUP.durable
                await self._connection.jetstream.delete_consumer(name, durable)
        return begun

    async def _acknowledged(self) -> StreamPosition:
        try:
            info = await self._connection.jetstream.consumer_info(
                EVENTS_STREAM, COORDINATOR_GROUP.durable
            )
        except NotFoundError:
            return self._stream.reached(0)
        return self._stream.reached(info.ack_floor.stream_seq if info.ack_floor else 0)

    async def _shown(self) -> ShownPosition | None:
        try:
            mark = await self._store.mark()
        except TransientError:
            return None
        return ShownPosition(mark.incarnation, mark.version) if mark else None
