"""Judges a signal once: claims the questions, asks all models at the same time, keeps each answer.

Whoever finds a signal claimed by another process waits until its answers are there or its deadline
is over: nobody can prove that a question was not sent, so it is never sent again.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from actors.evaluator.asking import OpenModel
from actors.evaluator.configured import ConfiguredModel, questions_of
from actors.evaluator.decide import decide, unanswered
from actors.evaluator.metrics import measure_refusals
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.signals.payloads import SignalEnriched
from tradewind.errors import NotYet
from tradewind.failpoints import failpoint
from tradewind.runtime.decisions import DecisionUnavailable
from tradewind.trading.evaluations.records import AttemptKey, Ending, Evaluation, Question
from tradewind.trading.prompts.rendering import allowed_actions

CLAIMED: Final = "evaluator.claimed"
ANSWERED: Final = "evaluator.answered"
DECIDED: Final = "evaluator.decided"
GRACE_MS: Final = 250
"""What a process has after the deadline to keep what it asked for."""
MIN_WAIT_MS: Final = 50
KEEP_AGAIN_SECONDS: Final = 0.25


class Evaluations(Protocol):
    """Keeps questions and answers; all methods raise DecisionUnavailable."""

    async def claim(
        self, signal_id: str, deadline: datetime, now: datetime, questions: Sequence[Question]
    ) -> frozenset[str] | None:
        """Claim all questions; return the models to ask, or None where they were claimed before."""
        ...

    async def read(self, signal_id: str) -> tuple[Evaluation, ...]:
        """Return the rows of a signal, by place and attempt."""
        ...

    async def answer(self, key: AttemptKey, ending: Ending, again_at: datetime | None) -> bool:
        """Keep how a question ended; return whether a second attempt of it was claimed."""
        ...

    async def end_lost(self, signal_id: str, now: datetime) -> None:
        """End the questions about a signal that nobody answered before their deadline."""
        ...


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Judges signals by these models. Any number of processes may have one."""

    models: tuple[ConfiguredModel, ...]
    opened: Mapping[str, OpenModel]
    """The models of vendors by name."""
    store: Evaluations
    deadline_ms: int
    now: Callable[[], datetime]

    async def evaluate(self, event: Event[SignalEnriched]) -> list[AnyEvent]:
        """Return the events of an evaluation; NotYet while another process has begun it."""
        signal_id, now = event.payload.signal_id, self.now()
        expires_at = event.payload.terms.expires_at
        deadline = min(now + timedelta(milliseconds=self.deadline_ms), max(expires_at, now))
        questions = questions_of(event, self.models, now)
        asked = await self.store.claim(signal_id, deadline, now, questions)
        failpoint(CLAIMED)
        if asked:
            await self._ask_all(event, asked, deadline)
        rows = await self.store.read(signal_id)
        if unanswered(rows):
            await self._wait_or_give_up(signal_id, rows)
            rows = await self.store.read(signal_id)
        if asked is not None:
            measure_refusals(row for row in rows if row.model not in asked)
        events = decide(event, rows)
        failpoint(DECIDED)
        return events

    async def _ask_all(
        self, event: Event[SignalEnriched], names: frozenset[str], deadline: datetime
    ) -> None:
        """Ask at the same time; an answer is kept as it comes, whatever becomes of the others."""
        asking = (self._ask(event, self.opened[name], deadline) for name in sorted(names))
        results = await asyncio.gather(*asking, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _ask(
        self, event: Event[SignalEnriched], model: OpenModel, deadline: datetime
    ) -> None:
        entry, payload = model.configured.entry, event.payload
        allowed = allowed_actions(payload.terms, payload.features)
        clock = asyncio.get_running_loop().time
        seconds = min((deadline - self.now()).total_seconds(), entry.timeout_ms / 1_000)
        ends_at = clock() + seconds
        request = model.configured.request(event, seconds)
        for attempt in (1, 2):
            asked = await model.ask(request, max(ends_at - clock(), 0), allowed)
            wait = asked.again_after_seconds if attempt == 1 else None
            again_at = None if wait is None else self.now() + timedelta(seconds=wait)
            key = AttemptKey(payload.signal_id, entry.name, attempt)
            is_claimed = await self._keep(key, asked.ending, again_at)
            failpoint(ANSWERED)
            if not is_claimed:
                return
            await asyncio.sleep(wait or 0)

    async def _keep(self, key: AttemptKey, ending: Ending, again_at: datetime | None) -> bool:
        """Keep how a question ended; try again once, because an answer was paid for."""
        try:
            return await self.store.answer(key, ending, again_at)
        except DecisionUnavailable:
            await asyncio.sleep(KEEP_AGAIN_SECONDS)
            return await self.store.answer(key, ending, again_at)

    async def _wait_or_give_up(self, signal_id: str, rows: Sequence[Evaluation]) -> None:
        """Raise NotYet until the deadline is over; then end what nobody answered as lost."""
        now = self.now()
        over_at = rows[0].deadline + timedelta(milliseconds=GRACE_MS)
        if now < over_at:
            left_ms = round((over_at - now).total_seconds() * 1_000)
            raise NotYet(max(left_ms, MIN_WAIT_MS))
        await self.store.end_lost(signal_id, now)
