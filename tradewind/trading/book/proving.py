"""Proves the database to a fence, again and again: one that is restored has to be proven anew."""

from collections.abc import Sequence
from typing import Final

from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.runtime import NatsConnection
from tradewind.trading.book.fence import Fence, FindStreamEnd, StreamEnd
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import Observed
from tradewind.trading.halts.errors import TradingStopped
from tradewind.trading.halts.gate import Passage, Sight, scopes_of, states_by_passage
from tradewind.trading.halts.records import KeptState
from tradewind.trading.halts.store import columns_of

_OBSERVE: Final = QUERIES["observe"]
_SIGNING: Final = QUERIES["select_signing"]


def stream_end_of(connection: NatsConnection) -> FindStreamEnd:
    """Return how to find where the stream of events ends."""

    async def find() -> StreamEnd:
        info = await connection.jetstream.stream_info(EVENTS_STREAM)
        assert info.created is not None
        return StreamEnd(info.created.isoformat(), info.state.last_seq)

    return find


class Prover:
    """Looks how far ledger, stream and book go. Its method raises TransientError."""

    def __init__(
        self, pool: Pool, fence: Fence, find_stream_end: FindStreamEnd, *, needs_book: bool = True
    ) -> None:
        """Who reads the ledger alone need not wait until the book follows it."""
        self._needs_book = needs_book
        self._pool = pool
        self._fence = fence
        self._find_stream_end = find_stream_end

    async def prove(self) -> bool:
        """Return whether the database is proven now."""
        known = self._fence.known_commits
        with outage_is_transient():
            seen = Observed(*await self._pool.fetchrow(_OBSERVE))
        if not self._needs_book:
            seen = seen._replace(settled=seen.last_global_seq)
        return await self._fence.prove(seen, known, self._find_stream_end)


class SigningGuard:
    """What has to be true of database and book before a step is signed or submitted.

    What approves is the ledger's record and the book's claim, not a message: one that was published
    before a restore, by a process that has not noticed, allows nothing.
    """

    def __init__(self, fence: Fence) -> None:
        self._fence = fence

    async def sights(self, connection: Connection, passages: Sequence[Passage]) -> list[Sight]:
        """Return the states of each step's scopes, or that the book has no claim for the step.

        They are of the same moment as the claims, when ledger and book were complete;
        TradingStopped where that is not known.
        """
        known = self._fence.known_commits
        claims = [one.claim for one in passages if one.claim is not None]
        row = await connection.fetchrow(_SIGNING, claims, *columns_of(scopes_of(passages)))
        *observed, claimed, states = row
        if not self._fence.holds(Observed(*observed), known):
            raise TradingStopped("it is not known yet whether the ledger is complete")
        sights = states_by_passage(map(KeptState.of, states), passages)
        return [
            sight
            if one.claim is None or one.claim in claimed
            else TradingStopped(f"the book has no open claim for intent {one.claim}")
            for one, sight in zip(passages, sights, strict=True)
        ]
