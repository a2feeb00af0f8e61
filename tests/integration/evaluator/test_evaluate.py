"""A signal is judged once, by all models at the same time, whatever they and their vendors do."""

import asyncio
import json
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY

from actors.evaluator.actors import evaluate_signal
from actors.evaluator.asking import MAX_FAILURES
from actors.evaluator.decide import AnswerForgotten, decide
from actors.evaluator.evaluation import Evaluations
from actors.evaluator.models.port import Finish
from tests.integration.evaluator.conftest import StoreOf
from tests.integration.evaluator.stub_models import (
    GOOD,
    PRICE,
    Reply,
    StubModel,
    calls,
    entry,
    evaluator,
    failed,
    file_of,
    later,
    said,
    silent,
    topics,
)
from tests.support.evaluations import enriched, features, frame
from tests.support.waiting import wait_until
from tradewind.contracts.decisions.model import DecisionStatus, ModelRole
from tradewind.contracts.envelope import parse_event
from tradewind.errors import NotYet
from tradewind.postgres import Pool
from tradewind.runtime import clock
from tradewind.runtime.decisions import DecisionUnavailable
from tradewind.trading.evaluations.store import LOST, forget_answers
from tradewind.trading.models.file import DEFAULT, Budget

QUICK_MS = 3_000
"""A deadline for models that never answer."""
REPLIES: dict[str, tuple[Reply, str, DecisionStatus]] = {
    "good": (said(), "FOLLOW_ENTER", DecisionStatus.OK),
    "silent": (silent, "IGNORE", DecisionStatus.TIMEOUT),
    "broken": (
        failed(DecisionStatus.PROVIDER_ERROR),
        "IGNORE",
        DecisionStatus.PROVIDER_ERROR,
    ),
    "prose": (said(f"Sure! {json.dumps(GOOD)}"), "IGNORE", DecisionStatus.INVALID_JSON),
    "huge": (said("x" * 20_000), "IGNORE", DecisionStatus.OVERSIZED),
    "cut": (said(finish=Finish.TRUNCATED), "IGNORE", DecisionStatus.TRUNCATED),
    "wild": (
        said(json.dumps(GOOD | {"size_pct": 900})),
        "IGNORE",
        DecisionStatus.IMPLAUSIBLE,
    ),
}


async def test_every_end_is_told_in_the_order_of_the_configuration(store_of: StoreOf) -> None:
    """Given a model for each end, then one decision each, the same bytes wherever they are made."""
    models = {name: StubModel(reply) for name, (reply, _, _) in REPLIES.items()}
    file = file_of(*(entry(name, role=ModelRole.SHADOW) for name in REPLIES))
    event = enriched(at=clock.now())
    first = evaluator(store_of("one"), file, models, deadline_ms=QUICK_MS)
    events = await evaluate_signal(event, first)

    assert topics(events) == ["decision.made"] * 8 + ["signal.evaluated"]
    made = {one.payload.model: one.payload for one in events[:-1]}
    assert list(made) == ["baseline", *REPLIES]
    for name, (_, verdict, status) in REPLIES.items():
        assert (made[name].answer.decision, made[name].status) == (verdict, status)
        assert (made[name].answer.confidence_pct > 0) == (status is DecisionStatus.OK)
        assert made[name].attempts == 1
        assert made[name].prompt.request_sha256 == models[name].requests[0].sha256().hex()
    assert made["good"].usage.cost_microusd == 700 + 180
    assert made["baseline"].attempts == 0
    assert made["baseline"].prompt.version == "baseline@1"
    votes = events[-1].payload.votes
    assert [vote.decision_id for vote in votes] == [one.event_id for one in events[:-1]]
    assert [parse_event(one.to_bytes()) for one in events] == events
    assert [one.causation_id for one in events] == [
        event.event_id,
        *(one.event_id for one in events[:-1]),
    ]

    other = evaluator(store_of("two"), DEFAULT, {}, now=later(3_600))
    again = await evaluate_signal(event, other)
    assert [one.to_bytes() for one in again] == [one.to_bytes() for one in events]
    assert calls(models) == dict.fromkeys(REPLIES, 1)


async def test_all_questions_are_asked_at_the_same_time(store_of: StoreOf) -> None:
    """Given models that answer only once all were asked, then all of them answer."""
    barrier = asyncio.Barrier(7)

    async def once_all_were_asked() -> object:
        await barrier.wait()
        return said()

    names = [f"m{number}" for number in range(7)]
    models = {name: StubModel(once_all_were_asked) for name in names}  # type: ignore[arg-type]
    judge = evaluator(store_of("one"), file_of(*map(entry, names)), models)
    events = await judge.evaluate(enriched(at=clock.now()))
    assert {one.payload.status for one in events[:-1]} == {DecisionStatus.OK}


@pytest.mark.parametrize(
    ("replies", "asked", "status"),
    [
        (
            (failed(DecisionStatus.RATE_LIMITED, may_ask_again=True), said()),
            2,
            DecisionStatus.OK,
        ),
        (
            (
                failed(
                    DecisionStatus.RATE_LIMITED,
                    may_ask_again=True,
                    retry_after_seconds=0.05,
                ),
                failed(DecisionStatus.PROVIDER_ERROR, may_ask_again=True),
                said(),
            ),
            2,
            DecisionStatus.PROVIDER_ERROR,
        ),
        (
            (
                failed(
                    DecisionStatus.RATE_LIMITED,
                    may_ask_again=True,
                    retry_after_seconds=2.9,
                ),
                said(),
            ),
            1,
            DecisionStatus.RATE_LIMITED,
        ),
        (
            (failed(DecisionStatus.TIMEOUT), said()),
            1,
            DecisionStatus.TIMEOUT,
        ),
    ],
    ids=["once more", "never a third time", "not where it does not fit", "not after a time-out"],
)
async def test_a_question_is_asked_once_more_at_most(
    store_of: StoreOf, replies: tuple[Reply, ...], asked: int, status: DecisionStatus
) -> None:
    models = {"nano": StubModel(*replies)}
    judge = evaluator(store_of("one"), file_of(entry("nano")), models)
    event = enriched(at=clock.now())
    events = await judge.evaluate(event)
    again = await evaluator(store_of("two"), file_of(entry("nano")), models).evaluate(event)
    assert events == again
    made = events[1].payload
    assert (made.status, made.attempts, calls(models)["nano"]) == (status, asked, asked)


async def test_of_two_workers_at_once_one_asks_and_both_tell_the_same(store_of: StoreOf) -> None:
    answered = asyncio.Event()

    async def in_time() -> object:
        await answered.wait()
        return said()

    models = {"nano": StubModel(in_time)}  # type: ignore[arg-type]
    event, file = enriched(at=clock.now()), file_of(entry("nano"))
    asking = asyncio.create_task(evaluator(store_of("one"), file, models).evaluate(event))
    await wait_until(lambda: models["nano"].requests)
    other = evaluator(store_of("two"), file, models)
    with pytest.raises(NotYet) as waits:
        await other.evaluate(event)
    assert 0 < waits.value.delay_ms <= 3_250
    answered.set()
    events = await asking
    assert await other.evaluate(event) == events
    assert calls(models) == {"nano": 1}


async def test_what_a_lost_process_asked_is_never_asked_again(store_of: StoreOf) -> None:
    """Given a process that ended between question and answer, then it is lost at the deadline."""
    models = {"nano": StubModel(silent)}
    event, file = enriched(at=clock.now()), file_of(entry("nano"))
    asking = asyncio.create_task(evaluator(store_of("one"), file, models).evaluate(event))
    await wait_until(lambda: models["nano"].requests)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    heir = {"nano": StubModel(said())}
    with pytest.raises(NotYet):
        await evaluator(store_of("two"), file, heir).evaluate(event)
    events = await evaluator(store_of("two"), file, heir, now=later(4)).evaluate(event)
    made = events[1].payload
    assert (made.status, made.detail, made.attempts) == (DecisionStatus.TIMEOUT, LOST, 1)
    assert events[0].payload.status is DecisionStatus.OK, "baseline was not lost"
    assert {one.timestamp for one in events} == {events[-1].payload.deadline}
    assert calls(heir) == {"nano": 0}


@pytest.mark.parametrize("failures", [1, 2])
async def test_an_answer_that_cannot_be_kept_is_kept_a_moment_later_or_lost(
    store_of: StoreOf, failures: int
) -> None:
    """Given a database that is away when an answer comes, then nobody asks again."""
    models, file = {"nano": StubModel(said())}, file_of(entry("nano"))
    store, left = store_of("one"), count(failures, -1)

    async def answer(*arguments: Any) -> bool:
        if next(left) > 0:
            raise DecisionUnavailable("PostgreSQL: it is away")
        return await store.answer(*arguments)

    flaky = SimpleNamespace(
        claim=store.claim, read=store.read, end_lost=store.end_lost, answer=answer
    )
    event = enriched(at=clock.now())
    judge = evaluator(cast(Evaluations, flaky), file, models)
    if failures == 1:
        assert (await judge.evaluate(event))[1].payload.status is DecisionStatus.OK
    else:
        with pytest.raises(DecisionUnavailable):
            await judge.evaluate(event)
        events = await evaluator(store, file, models, now=later(4)).evaluate(event)
        assert events[1].payload.detail == LOST
    assert calls(models) == {"nano": 1}


async def test_a_model_that_fails_is_spared_and_costs_no_budget(store_of: StoreOf) -> None:
    models = {"nano": StubModel(failed(DecisionStatus.PROVIDER_ERROR))}
    file = file_of(entry("nano", budget=Budget(calls_per_day=MAX_FAILURES + 1)))
    store = store_of("one")
    judge = evaluator(store, file, models)
    statuses = []
    for number in range(MAX_FAILURES + 2):
        events = await judge.evaluate(enriched(number, at=clock.now()))
        statuses.append((events[1].payload.status, events[1].payload.attempts))
    spared = [(DecisionStatus.CIRCUIT_OPEN, 0)] * 2
    assert statuses == [(DecisionStatus.PROVIDER_ERROR, 1)] * MAX_FAILURES + spared
    assert calls(models) == {"nano": MAX_FAILURES}
    (spent,) = await store.budgets(clock.now().date())
    assert (spent.calls, spent.spent_microusd, spent.reserved_microusd) == (MAX_FAILURES, 0, 0)


def unasked_for_budget(model: str) -> float:
    labels = {"model": model, "status": "budget_exhausted"}
    return REGISTRY.get_sample_value("tradewind_model_call_seconds_count", labels) or 0.0


async def test_an_exhausted_budget_and_an_expired_signal_are_not_asked_for(
    store_of: StoreOf,
) -> None:
    models, before = {"nano": StubModel(said())}, unasked_for_budget("nano")
    file = file_of(entry("nano", budget=Budget(microusd_per_day=1)))
    events = await evaluator(store_of("one"), file, models).evaluate(enriched(1, at=clock.now()))
    made = events[1].payload
    assert (made.status, made.attempts) == (DecisionStatus.BUDGET_EXHAUSTED, 0)
    # An alert counts them: of such a budget something is left, only not enough.
    assert unasked_for_budget("nano") == before + 1
    assert made.prompt.request_sha256 is None
    old = enriched(2, at=clock.now() - timedelta(seconds=300))
    events = await evaluator(store_of("one"), file_of(entry("nano")), models).evaluate(old)
    assert (events[1].payload.status, events[1].payload.attempts) == (DecisionStatus.TIMEOUT, 0)
    assert calls(models) == {"nano": 0}


async def test_a_stop_cannot_be_judged_without_an_atr(store_of: StoreOf) -> None:
    models = {"nano": StubModel(said())}
    event = enriched(at=clock.now(), its_features=features(frames=(frame("1h", atr=None),)))
    events = await evaluator(store_of("one"), file_of(entry("nano")), models).evaluate(event)
    assert events[1].payload.status is DecisionStatus.IMPLAUSIBLE
    (request,) = models["nano"].requests
    assert request.json_schema["properties"]["decision"]["enum"] == ["IGNORE"]


async def test_a_forgotten_answer_is_told_apart_from_a_wrong_one(
    store_of: StoreOf, owner: Pool
) -> None:
    models = {"nano": StubModel(said())}
    event, store = enriched(at=clock.now()), store_of("one")
    await evaluator(store, file_of(entry("nano", price=PRICE)), models).evaluate(event)
    now = clock.now() + timedelta(days=91)
    await forget_answers(owner, now - timedelta(days=90), now, 10)
    with pytest.raises(AnswerForgotten):
        decide(event, await store.read(event.payload.signal_id))
