"""Asks what was planned, one question of a model at a time, and keeps each answer as it comes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from actors.evaluator.asking import OpenModel
from actors.evaluator.configured import VendorModel
from actors.evaluator.models.port import Finish, ModelAnswer
from actors.evaluator.output_checks import RejectedAnswer, check
from research.reevaluate.plan import PlannedQuestion, RetroKey
from tradewind.contracts.decisions.model import Answer, DecisionStatus
from tradewind.postgres import Pool, outage_is_transient
from tradewind.trading.evaluations.records import Ending, Said
from tradewind.trading.prompts.rendering import allowed_actions
from tradewind.trading.signal_outcomes.queries import KEEP_RETRO, SELECT_RETRO


@dataclass(frozen=True, slots=True)
class RetroAnswer:
    """How a question ended; `answer` is None unless the status is `ok`."""

    planned: PlannedQuestion
    ending: Ending
    answer: Answer | None


class RetroStore:
    """Keeps questions and answers of today about the past; it raises DatabaseUnavailable."""

    def __init__(self, pool: Pool, asked_by: str) -> None:
        self._pool = pool
        self._asked_by = asked_by

    async def asked(self, signal_ids: Sequence[str]) -> set[RetroKey]:
        """Return the questions that were asked before."""
        with outage_is_transient():
            rows = await self._pool.fetch(SELECT_RETRO, list(signal_ids))
        return {RetroKey(one, model, bytes(sha256)) for one, model, sha256 in rows}

    async def keep(self, found: RetroAnswer) -> None:
        """Keep an answer."""
        question, ending, said = found.planned.question, found.ending, found.ending.said
        key, answer = found.planned.key, found.answer
        with outage_is_transient():
            await self._pool.execute(
                KEEP_RETRO,
                *(key.signal_id, key.model, question.prompt_version, question.prompt_sha256),
                *(key.request_sha256, ending.answered_at, self._asked_by, ending.status.value),
                *(ending.detail, ending.latency_ms, None if said is None else said.kept),
                *((None, None) if answer is None else (answer.decision, answer.confidence_pct)),
                *((None,) * 3 if said is None else _usage(said)),
            )


def _usage(said: Said) -> tuple[int | None, int | None, int | None]:
    return said.tokens_in, said.tokens_out, said.cost_microusd


async def ask_all(
    planned: Sequence[PlannedQuestion],
    opened: Mapping[str, OpenModel],
    store: RetroStore,
    now: Callable[[], datetime],
) -> list[RetroAnswer]:
    """Ask models beside each other, each a question at a time; nothing is asked again."""
    names = dict.fromkeys(one.question.model for one in planned)

    async def ask_one_model(name: str) -> list[RetroAnswer]:
        found = []
        for one in planned:
            if one.question.model == name:
                found.append(await _ask(one, opened, now))
                await store.keep(found[-1])
        return found

    answers = await asyncio.gather(*map(ask_one_model, names))
    return [one for of_model in answers for one in of_model]


async def _ask(
    planned: PlannedQuestion, opened: Mapping[str, OpenModel], now: Callable[[], datetime]
) -> RetroAnswer:
    model, question = planned.model, planned.question
    if not isinstance(model, VendorModel):
        assert question.answer is not None
        ending = Ending(
            status=DecisionStatus.OK,
            detail=None,
            was_asked=False,
            answered_at=now(),
            latency_ms=0,
            said=Said(text=question.answer, cost_microusd=0),
        )
        return RetroAnswer(planned, ending, Answer.model_validate_json(question.answer))
    payload, seconds = planned.event.payload, model.entry.timeout_ms / 1_000
    allowed = allowed_actions(payload.terms, payload.features)
    request = model.request(planned.event, seconds)
    asked = await opened[question.model].ask(request, seconds, allowed)
    said, answer = asked.ending.said, None
    if asked.ending.status is DecisionStatus.OK and said is not None:
        checked = check(ModelAnswer(raw=said.text, finish=Finish.ENDED), allowed)
        answer = None if isinstance(checked, RejectedAnswer) else checked
    return RetroAnswer(planned, asked.ending, answer)
