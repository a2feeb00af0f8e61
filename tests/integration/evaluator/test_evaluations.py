"""Rows of evaluations on a real server: claimed once, answered once, within the budget."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from tests.integration.evaluator.conftest import StoreOf
from tests.support.evaluations import AT
from tradewind.contracts.decisions.model import DecisionStatus, ModelRole
from tradewind.postgres import Pool
from tradewind.trading.evaluations.records import AttemptKey, DayOfModel, Ending, Question, Said
from tradewind.trading.evaluations.store import LOST, EvaluationStore, forget_answers

DEADLINE = AT + timedelta(seconds=3)
SAID = Said(text=b'{"a":"\\u0000"}\x00', tokens_in=700, tokens_out=90, cost_microusd=880)


def question(model: str = "nano", place: int = 0, **changes: Any) -> Question:
    return replace(
        Question(
            model=model,
            place=place,
            role=ModelRole.VOTING,
            vendor="openai",
            vendor_model="some-nano",
            prompt_version="v1/openai",
            prompt_sha256=bytes(32),
            request_sha256=bytes(32),
            is_counted=True,
            reserved_microusd=1_000,
        ),
        **changes,
    )


def ending(status: DecisionStatus = DecisionStatus.OK, **changes: Any) -> Ending:
    told = Ending(
        status=status,
        detail=None,
        was_asked=True,
        answered_at=AT + timedelta(seconds=1),
        latency_ms=900,
        said=SAID if status is DecisionStatus.OK else None,
    )
    return replace(told, **changes)


async def budget(store: EvaluationStore) -> DayOfModel:
    (row,) = await store.budgets(AT.date())
    return row


async def test_one_process_claims_all_questions_of_a_signal(store_of: StoreOf) -> None:
    """Given processes with other models, then one of them asks, and the others ask nothing."""
    stores = [store_of(f"process-{number}") for number in range(6)]
    claims = await asyncio.gather(
        *(
            store.claim("S", DEADLINE, AT, [question(f"m{n}-{place}", place) for place in range(n)])
            for n, store in enumerate(stores, start=1)
        )
    )
    (winner,) = [number for number, claim in enumerate(claims, start=1) if claim is not None]
    rows = await stores[0].read("S")
    assert [row.model for row in rows] == [f"m{winner}-{place}" for place in range(winner)]
    assert {row.claimed_by for row in rows} == {f"process-{winner - 1}"}
    assert {one.calls for one in await stores[0].budgets(AT.date())} == {1}


@pytest.mark.parametrize(
    ("limits", "granted"),
    [
        ({"max_calls": 7}, 7),
        ({"max_microusd": 5_500}, 5),
        ({"max_microusd": 999}, 0),
        ({"max_calls": 3, "max_microusd": 10_000}, 3),
        ({}, 20),
    ],
)
async def test_claims_at_once_never_exceed_a_budget(
    store_of: StoreOf, limits: dict[str, int], granted: int
) -> None:
    store = store_of("process")
    asked = [question(**limits)]
    claims = await asyncio.gather(
        *(store.claim(f"S{number}", DEADLINE, AT, asked) for number in range(20))
    )
    assert sum(claim == {"nano"} for claim in claims) == granted
    refused = next((number for number, claim in enumerate(claims) if not claim), None)
    if refused is not None:
        (row,) = await store.read(f"S{refused}")
        assert (row.status, row.was_asked) == (DecisionStatus.BUDGET_EXHAUSTED, False)
        assert (row.answered_at, row.latency_ms) == (AT, 0)
    if granted:
        assert (await budget(store))[:4] == ("nano", granted, 0, 1_000 * granted)


async def test_a_budget_pays_what_was_spent(store_of: StoreOf) -> None:
    store = store_of("process")
    asked = [question(max_calls=3, max_microusd=100_000)]
    for name in ("billed", "not sent", "unknown"):
        await store.claim(name, DEADLINE, AT, asked)
    assert await store.claim("fourth", DEADLINE, AT, asked) == frozenset()
    assert await budget(store) == ("nano", 3, 0, 3_000, 3, 100_000)

    await store.answer(AttemptKey("billed", "nano"), ending(), None)
    assert await budget(store) == ("nano", 3, 880, 2_000, 3, 100_000)
    unsent = ending(DecisionStatus.CIRCUIT_OPEN, was_asked=False)
    await store.answer(AttemptKey("not sent", "nano"), unsent, None)
    assert await budget(store) == ("nano", 2, 880, 1_000, 3, 100_000)
    await store.end_lost("unknown", DEADLINE - timedelta(milliseconds=1))
    assert (await budget(store)).reserved_microusd == 1_000
    await store.end_lost("unknown", DEADLINE)
    assert await budget(store) == ("nano", 2, 1_880, 0, 3, 100_000)
    (row,) = await store.read("unknown")
    assert (row.status, row.detail, row.was_asked) == (DecisionStatus.TIMEOUT, LOST, None)
    assert (row.answered_at, row.latency_ms) == (DEADLINE, 3_000)


async def test_a_second_attempt_is_claimed_with_the_first_ones_end(store_of: StoreOf) -> None:
    store = store_of("process")
    await store.claim("S", DEADLINE, AT, [question(max_calls=2, max_microusd=1_000)])
    limited = ending(DecisionStatus.RATE_LIMITED)
    assert await store.answer(AttemptKey("S", "nano"), limited, AT + timedelta(seconds=1))
    first, second = await store.read("S")
    assert (first.status, second.status) == (DecisionStatus.RATE_LIMITED, None)
    assert (second.attempt, second.deadline) == (2, DEADLINE)
    assert await budget(store) == ("nano", 2, 0, 1_000, 2, 1_000)
    assert not await store.answer(second.key, ending(), None)
    assert await budget(store) == ("nano", 2, 880, 0, 2, 1_000)

    await store.claim("T", DEADLINE, AT, [question(max_calls=3)])
    assert not await store.answer(AttemptKey("T", "nano"), limited, None), (
        "nobody asked for a second attempt"
    )
    await store.claim("U", DEADLINE, AT, [question(max_calls=3)])
    assert await store.claim("V", DEADLINE, AT, [question(max_calls=3)]) == frozenset()
    assert not await store.answer(AttemptKey("U", "nano"), limited, AT), "no call is left"


async def test_an_answer_is_given_once(store_of: StoreOf, owner: Pool) -> None:
    store = store_of("process")
    await store.claim("S", DEADLINE, AT, [question()])
    await store.answer(AttemptKey("S", "nano"), ending(), None)
    (before,) = await store.read("S")
    assert (before.answer, before.answer_sha256) == (SAID.text, SAID.sha256)
    other = ending(said=replace(SAID, text=b"other"))
    assert not await store.answer(AttemptKey("S", "nano"), other, AT)
    assert await store.read("S") == (before,)
    for change in ("status = 'timeout'", "answer = 'x'", "tokens_in = 1", "deadline = now()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="an answer never changes"):
            await owner.execute(f"UPDATE evaluations SET {change}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await owner.execute("DELETE FROM evaluations")


async def test_a_late_answer_stands_beside_the_end_that_was_told(store_of: StoreOf) -> None:
    store = store_of("process")
    await store.claim("S", DEADLINE, AT, [question()])
    await store.end_lost("S", DEADLINE)
    (lost,) = await store.read("S")
    late = ending(answered_at=DEADLINE + timedelta(seconds=9))
    for _ in range(2):
        assert not await store.answer(AttemptKey("S", "nano"), late, None)
        late = replace(late, said=replace(SAID, text=b"other"))
    (row,) = await store.read("S")
    assert (row.status, row.detail, row.answered_at) == (lost.status, LOST, lost.answered_at)
    assert (row.late_at, row.answer) == (DEADLINE + timedelta(seconds=9), SAID.text)


async def test_old_answers_are_forgotten_and_their_hashes_are_not(
    store_of: StoreOf, owner: Pool
) -> None:
    store = store_of("process")
    for number in range(3):
        await store.claim(f"S{number}", DEADLINE, AT, [question()])
        told = ending(answered_at=AT + timedelta(days=number))
        await store.answer(AttemptKey(f"S{number}", "nano"), told, None)
    now = AT + timedelta(days=92)
    async with owner.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE tradewind_sweeper")
        forgotten = [
            await forget_answers(connection, now - timedelta(days=90), now, 1) for _ in range(4)
        ]
    assert forgotten == [1, 1, 0, 0]
    kept = [(await store.read(f"S{number}"))[0] for number in range(3)]
    assert [row.answer for row in kept] == [None, None, SAID.text]
    assert {row.answer_sha256 for row in kept} == {SAID.sha256}
    assert [row.forgotten_at for row in kept] == [now, now, None]


async def test_readers_see_all_but_what_models_said(store_of: StoreOf, owner: Pool) -> None:
    store = store_of("process")
    await store.claim("S", DEADLINE, AT, [question()])
    await store.answer(AttemptKey("S", "nano"), ending(), None)
    async with owner.acquire() as connection:
        await connection.execute("SET ROLE tradewind_reader")
        shown = await connection.fetchrow("SELECT status, answer_sha256 FROM evaluations")
        assert shown["answer_sha256"] == SAID.sha256
        for columns in ("answer", "*"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT {columns} FROM evaluations")
        await connection.execute("SET ROLE tradewind_gateway")
        assert await connection.fetchval("SELECT answer FROM evaluations") == SAID.text
