"""The desk asks for its turn and all there is to do at once: that says what each question says."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from actors.desk.conclude import conclude
from tests.support.arrivals import arrive
from tests.support.factories import NOW
from tests.support.signals import MID, evaluated_history, policy, vote
from tradewind.contracts.envelope import AnyEvent, next_events
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.records import to_recorded
from tradewind.postgres import Pool
from tradewind.trading.signal_outcomes.marking import MarkLimits, ObservedMid, mark_of
from tradewind.trading.signal_outcomes.queries import QUERIES
from tradewind.trading.signal_outcomes.store import Marks, ToDo

HORIZONS_SECONDS = (60, 3_600)
CONCLUDED = NOW + timedelta(seconds=2)
FIRST_DUE, SECOND_DUE = (CONCLUDED + timedelta(seconds=one) for one in HORIZONS_SECONDS)
PLACES = (NOW, FIRST_DUE - timedelta(microseconds=1), FIRST_DUE, SECOND_DUE)
LIMITS = MarkLimits(timedelta(seconds=120), timedelta(seconds=30))
TURN_SECONDS = 60.0


@pytest.fixture
def marks(pool: Pool) -> Marks:
    return Marks(pool, to_recorded, HORIZONS_SECONDS, Decimal(10))


def concluded(number: int) -> list[AnyEvent]:
    """Return the whole history of a signal that was ignored."""
    history = evaluated_history(vote(10), number=number)
    payloads = conclude(history[-1], policy(), CONCLUDED)
    return [*history, *next_events(history[-1], payloads, producer="desk", at=CONCLUDED)]


async def record(pool: Pool, *events: AnyEvent) -> None:
    result = await Ledger(pool).append(arrive(events))
    assert len(result.appended) == len(events)


async def asked_singly(pool: Pool, marks: Marks, at: datetime) -> ToDo:
    """Return what the questions say whose answers lead to work."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        place, end = await connection.fetchrow(QUERIES["lock_followed"])
        unrecorded = await connection.fetch(QUERIES["take_unrecorded"], 1, 2.0)
        await transaction.rollback()
    return ToDo(place < end, bool(await marks.due(at, 1)), bool(unrecorded))


async def to_do(pool: Pool, marks: Marks) -> list[ToDo]:
    """Return what there is to do at each of the places, by either way."""
    found = []
    for at in PLACES:
        answer = await marks.take_turn("desk", TURN_SECONDS, at)
        assert answer == await asked_singly(pool, marks, at)
        found.append(answer)
    return found


async def follow(marks: Marks) -> None:
    while await marks.follow():
        pass


async def mark_first(marks: Marks) -> AnyEvent:
    """Keep the mark that is due first."""
    planned, *_ = await marks.due(FIRST_DUE, 1)
    mark = mark_of(planned, ObservedMid(MID, FIRST_DUE), FIRST_DUE, LIMITS)
    assert mark is not None
    assert await marks.keep(mark)
    return mark


async def lapse(pool: Pool, column: str, seconds: float) -> None:
    """Put a time of the turn, or of marks that are kept, so long into the past."""
    table = "signal_marks_turn" if column == "held_until" else "signal_marks"
    await pool.execute(
        f"UPDATE {table} SET {column} = clock_timestamp() - $1::float8 * interval '1 second' "
        f"WHERE {column} IS NOT NULL",
        seconds,
    )


async def test_every_answer_is_that_of_the_single_question(pool: Pool, marks: Marks) -> None:
    """Given a mark's whole life, then at each point the desk is told just what it has to do."""
    nothing = ToDo(has_news=False, is_due=False, is_unrecorded=False)
    news, due, unrecorded = (nothing._replace(**{name: True}) for name in ToDo._fields)
    assert await to_do(pool, marks) == [nothing] * 4
    await record(pool, *concluded(1))
    assert await to_do(pool, marks) == [news] * 4
    await follow(marks)
    assert await to_do(pool, marks) == [nothing, nothing, due, due]
    mark = await mark_first(marks)
    assert await to_do(pool, marks) == [nothing, nothing, nothing, due]
    await lapse(pool, "publish_at", 1)
    assert await to_do(pool, marks) == [*[unrecorded] * 3, unrecorded._replace(is_due=True)]
    await record(pool, *concluded(2))
    last = ToDo(has_news=True, is_due=True, is_unrecorded=True)
    assert await to_do(pool, marks) == [*[last._replace(is_due=False)] * 3, last]
    await record(pool, mark)
    await follow(marks)
    assert await to_do(pool, marks) == [nothing, nothing, due, due]


async def test_one_of_many_has_the_turn_and_keeps_it(pool: Pool, marks: Marks) -> None:
    """Given many that ask at once, then one is told what to do, and the others until it lapses."""

    async def who(*holders: str) -> list[str]:
        found = await asyncio.gather(*(marks.take_turn(one, TURN_SECONDS, NOW) for one in holders))
        return [holder for holder, one in zip(holders, found, strict=True) if one is not None]

    everybody = [f"desk-{number}" for number in range(6)]
    (first,) = await who(*everybody)
    assert await who(*everybody) == [first]
    await lapse(pool, "held_until", 1)
    (second,) = await who(*(one for one in everybody if one != first))
    assert await who(*everybody) == [second]


@pytest.mark.parametrize(("left", "is_renewed"), [(0.9, False), (0.7, True)])
async def test_most_passes_only_read_and_none_has_little_time_left(
    pool: Pool, marks: Marks, left: float, is_renewed: bool
) -> None:
    await marks.take_turn("desk", TURN_SECONDS, NOW)
    await lapse(pool, "held_until", -left * TURN_SECONDS)
    before = await pool.fetchval("SELECT held_until FROM signal_marks_turn")
    assert await marks.take_turn("desk", TURN_SECONDS, NOW) is not None
    after = await pool.fetchval("SELECT held_until FROM signal_marks_turn")
    assert after > before if is_renewed else after == before
