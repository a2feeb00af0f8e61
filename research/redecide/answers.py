"""What models said about signals, which the events do not hold: the database keeps it a while."""

from typing import Protocol

import asyncpg

from actors.decider import RecordedAnswers
from research.redecide.markets import NotReRunnable
from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.postgres import Pool
from tradewind.trading.evaluations.store import read_evaluations


class AnswerSource(Protocol):
    """Answers by signal."""

    async def get(self, signal_id: str) -> RecordedAnswers:
        """Return all that was said about a signal; NotReRunnable where it is not to be had."""
        ...


class KeptAnswers:
    """Answers that the database keeps."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, signal_id: str) -> RecordedAnswers:
        """Return them; NotReRunnable for a signal whose answers are gone."""
        try:
            rows = (await read_evaluations(self._pool, [signal_id])).get(signal_id, ())
        except asyncpg.InsufficientPrivilegeError:
            raise NotReRunnable("this login may not read what models said") from None
        if not rows:
            raise NotReRunnable("what models said is not in this database")
        if any(row.forgotten_at and row.status is DecisionStatus.OK for row in rows):
            raise NotReRunnable("what models said is kept no longer")
        return RecordedAnswers(rows)


class NoAnswers:
    """A file of events, which has no answers."""

    async def get(self, signal_id: str) -> RecordedAnswers:
        """Raise NotReRunnable."""
        raise NotReRunnable("what models said is in the database alone")
