"""Keeps the answers of people, and lists what waits for one."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.envelope import Event
from tradewind.contracts.risk.approvals import ApprovalAnswer
from tradewind.contracts.risk.payloads import RiskApprovalAnswered
from tradewind.postgres import Pool, outage_is_transient
from tradewind.trading.approvals.errors import ApprovalDecided, ApprovalNotAwaited
from tradewind.trading.approvals.queries import QUERIES
from tradewind.trading.approvals.records import Answering, Wait, answer_event, answer_of

_SELECT: Final = QUERIES["select_wait"]
_ANSWER: Final = QUERIES["answer"]
_WAITING: Final = QUERIES["select_waiting"]


class Answered(NamedTuple):
    """The answer that stands."""

    answer: ApprovalAnswer
    event: Event[RiskApprovalAnswered] | None
    """What to publish; None where it was kept before."""


class WaitFilter(NamedTuple):
    """Which waits are listed: by portfolio, and by LIKE patterns of whose somebody sees."""

    portfolio_id: str | None = None
    portfolios: Sequence[str] | None = None
    strategies: Sequence[str] | None = None


EVERY_WAIT: Final = WaitFilter()


class ApprovalJournal:
    """Any number of processes may keep answers. Its methods raise DatabaseUnavailable.

    An answer that may have been kept is simply given again: the first one stands.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def answer(self, answering: Answering, producer: str, at: datetime) -> Answered:
        """Keep an answer and its event; it lasts once this returns.

        Raises ApprovalDecided when somebody said something before, which a repetition is not, and
        ApprovalNotAwaited when the intent never waited, or its wait ended without an answer.
        """
        wait = await self._find(answering.intent_id)
        if wait is not None and wait.answer is None:
            event = answer_event(wait, answering, producer, at)
            if await self._keep(event):
                return Answered(answer_of(event), event)
            wait = await self._find(answering.intent_id)
        if wait is None or wait.answer is None:
            raise ApprovalNotAwaited(f"{answering.intent_id} waits for no approval")
        if not answering.is_that_of(wait.answer):
            raise ApprovalDecided(wait.answer)
        return Answered(wait.answer, None)

    async def waiting(
        self, before: str | None, limit: int, seen: WaitFilter = EVERY_WAIT
    ) -> list[Wait]:
        """Return intents that wait, the newest first, before an intent."""
        with outage_is_transient():
            return [Wait.of(row) for row in await self._pool.fetch(_WAITING, before, limit, *seen)]

    async def _find(self, intent_id: str) -> Wait | None:
        with outage_is_transient():
            row = await self._pool.fetchrow(_SELECT, intent_id)
        return None if row is None else Wait.of(row)

    async def _keep(self, event: Event[RiskApprovalAnswered]) -> bool:
        payload, body = event.payload, event.to_bytes()
        with outage_is_transient():
            kept = await self._pool.fetchval(
                _ANSWER,
                *(payload.intent_id, event.event_id, payload.verdict.value, payload.answered_by),
                *(payload.note, event.timestamp, event.correlation_id, event.subject),
                *(body, hashlib.sha256(body).digest()),
            )
        return kept is not None
