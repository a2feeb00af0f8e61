"""Keeps the answers of people to signals, and lists what waits for one."""

import hashlib
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.envelope import Event
from tradewind.contracts.risk.approvals import ApprovalAnswer
from tradewind.contracts.signals.payloads import SignalApprovalAnswered
from tradewind.postgres import Pool, outage_is_transient
from tradewind.trading.approvals.errors import ApprovalDecided, ApprovalNotAwaited
from tradewind.trading.approvals.journal import EVERY_WAIT, WaitFilter
from tradewind.trading.signal_approvals.queries import QUERIES, SELECT_WAIT
from tradewind.trading.signal_approvals.records import (
    SignalAnswering,
    SignalWait,
    answer_event,
    answer_of,
)

_ANSWER: Final = QUERIES["answer"]
_WAITING: Final = QUERIES["select_waiting"]


class SignalAnswered(NamedTuple):
    """The answer that stands."""

    answer: ApprovalAnswer
    event: Event[SignalApprovalAnswered] | None
    """What to publish; None where it was kept before."""


class SignalApprovalJournal:
    """Any number of processes may keep answers. Its methods raise DatabaseUnavailable.

    An answer that may have been kept is simply given again: the first one stands.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def answer(
        self, answering: SignalAnswering, producer: str, at: datetime
    ) -> SignalAnswered:
        """Keep an answer and its event; it lasts once this returns.

        Raises ApprovalDecided when somebody said something before, which a repetition is not, and
        ApprovalNotAwaited when the signal never waited, or its time was over.
        """
        wait = await self._find(answering.signal_id)
        if wait is not None and wait.answer is None and not wait.is_expired:
            event = answer_event(wait, answering, producer, at)
            if await self._keep(event):
                return SignalAnswered(answer_of(event), event)
            wait = await self._find(answering.signal_id)
        if wait is None or wait.answer is None:
            raise ApprovalNotAwaited(f"{answering.signal_id} waits for no approval")
        if not answering.is_that_of(wait.answer):
            raise ApprovalDecided(wait.answer)
        return SignalAnswered(wait.answer, None)

    async def waiting(
        self, before: str | None, limit: int, seen: WaitFilter = EVERY_WAIT
    ) -> list[SignalWait]:
        """Return signals that wait, the newest first, before a signal."""
        with outage_is_transient():
            rows = await self._pool.fetch(_WAITING, before, limit, *seen)
        return [SignalWait.of(row) for row in rows]

    async def find(self, signal_id: str) -> SignalWait | None:
        """Return the wait of a signal, over or not; None where it never waited."""
        return await self._find(signal_id)

    async def _find(self, signal_id: str) -> SignalWait | None:
        with outage_is_transient():
            row = await self._pool.fetchrow(SELECT_WAIT, signal_id)
        return None if row is None else SignalWait.of(row)

    async def _keep(self, event: Event[SignalApprovalAnswered]) -> bool:
        payload, body = event.payload, event.to_bytes()
        with outage_is_transient():
            kept = await self._pool.fetchval(
                _ANSWER,
                *(payload.signal_id, event.event_id, payload.verdict.value, payload.answered_by),
                *(payload.note, event.timestamp, event.correlation_id, event.subject),
                *(body, hashlib.sha256(body).digest()),
            )
        return kept is not None
