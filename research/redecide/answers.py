"""What models said about signals, which the events do not hold: the database keeps it a while."""

from typing import Protocol

from research.redecide.markets import NotReRunnable
from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.postgres import Pool
from tradewind.trading.evaluations.records import Evaluation
from tradewind.trading.evaluations.store import read_evaluations


class RecordedAnswers(Protocol):
    """Answers by signal."""

    async def get(self, signal_id: str) -> tuple[Evaluation, ...]:
        """Return all questions about a signal; NotReRunnable where an answer is not to be had."""
        ...


class KeptAnswers:
    """Answers that the database keeps."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, signal_id: str) -> tuple[Evaluation, ...]:
        """Return them; NotReRunnable for a signal whose answers are gone."""
        rows = (await read_evaluations(self._pool, [signal_id])).get(signal_id, ())
        if not rows:
            raise NotReRunnable("what models said is not in this database")
        if any(row.forgotten_at and row.status is DecisionStatus.OK for row in rows):
            raise NotReRunnable("what models said is kept no longer")
        return rows


class NoAnswers:
    """A file of events, which has no answers."""

    async def get(self, signal_id: str) -> tuple[Evaluation, ...]:
        """Raise NotReRunnable."""
        raise NotReRunnable("what models said is in the database alone")
