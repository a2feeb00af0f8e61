"""Keeps and publishes the answers of people to signals that wait for one."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from gateway.errors import ApprovalUnavailable
from gateway.ports import EventPublisher
from tradewind.contracts.risk.approvals import ApprovalAnswer
from tradewind.contracts.roles import Role
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.runtime import clock
from tradewind.trading.signal_approvals.journal import SignalAnswered
from tradewind.trading.signal_approvals.records import SignalAnswering


class SignalAnswerJournal(Protocol):
    """Keeps answers; TransientError while it cannot, ApprovalDecided, ApprovalNotAwaited."""

    async def answer(
        self, answering: SignalAnswering, producer: str, at: datetime
    ) -> SignalAnswered: ...


class SignalAnswerer:
    """Takes in answers. One that is kept counts, whether or not the broker has its event."""

    def __init__(
        self,
        journal: SignalAnswerJournal,
        publisher: EventPublisher,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._journal = journal
        self._publisher = publisher
        self._now = now

    async def answer(self, answering: SignalAnswering) -> ApprovalAnswer:
        """Return the answer once it is kept; ApprovalUnavailable when that is not certain.

        Raises ApprovalDecided where somebody said something before, and ApprovalNotAwaited.
        """
        try:
            kept = await self._journal.answer(answering, Role.GATEWAY.value, self._now())
        except TransientError as error:
            raise ApprovalUnavailable(answering.signal_id) from error
        if kept.event is not None:
            with suppress(TransientError, UnknownOutcome):
                await self._publisher.publish(kept.event)
        return kept.answer
