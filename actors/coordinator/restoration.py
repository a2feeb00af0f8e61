"""Continues on a restored database: in a new incarnation, with the streams read again."""

from contextlib import suppress
from typing import Final

import structlog
from nats.js.errors import NotFoundError

from actors.coordinator.stream_identity import StreamIdentity
from tradewind.contracts.roles import COORDINATOR_GROUP, Role
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM
from tradewind.contracts.system.trading_states import (
    HISTORY,
    MAX_REASON_LENGTH,
    TradingState,
)
from tradewind.errors import TransientError
from tradewind.ledger.append.incarnation import (
    Incarnations,
    ShownPosition,
    StreamPosition,
    StreamRange,
    find_gap,
    find_loss,
)
from tradewind.ledger.records import WriterPosition
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.runtime import NatsConnection
from tradewind.trading.halts.changes import change_state
from tradewind.trading.halts.records import StateChange

GAP: Final = "history was lost, wallets are compared with the chain: "

logger = structlog.get_logger("coordinator")


class Restoration:
    """Detects that history was lost, has it recorded again, and halts what cannot be.

    Its methods raise TransientError while PostgreSQL is away.
    """

    def __init__(
        self,
        connection: NatsConnection,
        stream: StreamIdentity,
        pool: Pool,
        incarnations: Incarnations,
        store: DocumentStore,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._pool = pool
        self._incarnations = incarnations
        self._store = store

    async def settle(self, term: WriterPosition) -> WriterPosition:
        """Return the position to write from, in a new incarnation when history was lost.

        It does not wait for Redis, whose documents are only the second evidence of a loss after the
        position of the stream's consumer.
        """
        shown = await self._shown()
        written = await self._incarnations.written()
        loss = find_loss(term, written, await self._acknowledged(), shown)
        if loss:
            return await self.begin(term, loss, shown)
        stream = await self._look()
        if gap := find_gap(written, stream, is_lost=False):
            return await self._skip(term, stream, gap)
        if written.created != stream.created:
            # Whoever waits until the ledger has read the stream need not wait for its first event.
            return await self._incarnations.begin_stream(term.epoch, stream.created)
        return term

    async def _skip(self, term: WriterPosition, stream: StreamRange, gap: str) -> WriterPosition:
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                position = await self._incarnations.skip_gap(
                    term.epoch, stream.created, stream.last, connection
                )
                await _halt(connection, gap, term.epoch)
        return position

    async def begin(
        self, term: WriterPosition, loss: str, shown: ShownPosition | None = None
    ) -> WriterPosition:
        """Begin a new incarnation and have the streams delivered from their start."""
        after = shown.incarnation if shown else ""
        stream = await self._look()
        gap = find_gap(await self._incarnations.written(), stream, is_lost=True)
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                begun = await self._incarnations.begin(
                    term.epoch, after, stream.created, stream.last, connection=connection
                )
                if gap:
                    await _halt(connection, gap, term.epoch)
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

    async def note_life(self, term: WriterPosition) -> None:
        """Have approvals need a new token where the database is another one, or started again.

        The ledger may lack nothing, and the book claims all the same: of what was decided in the
        life before, only what is in the stream by now is recorded.
        """
        if not await self._incarnations.is_noted():
            stream = await self._look()
            await self._incarnations.begin_life(term.epoch, stream.created, stream.last)

    async def _look(self) -> StreamRange:
        info = await self._connection.jetstream.stream_info(EVENTS_STREAM)
        assert info.created is not None
        state = info.state
        return StreamRange(info.created.isoformat(), state.first_seq, state.last_seq)

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


async def _halt(connection: Connection, gap: str, epoch: int) -> None:
    """Halt everything in the transaction that goes on behind a gap, so that nobody trades first.

    The reason names the writer's term: another gap is another change, of which nothing is proven.
    """
    logger.critical("a part of the history is lost: nothing is traded", gap=gap)
    reason = f"{GAP}{gap} (writer {epoch})"[-MAX_REASON_LENGTH:]
    by = Role.COORDINATOR.value
    change = StateChange(HISTORY, TradingState.HALTED, reason, by, needs_person=True)
    await change_state(connection, change, by)
