"""Waiting for a plan to be recorded: until the coordinator tells, or else by looking."""

import asyncio

import pytest

from actors.venues.recording import (
    MAX_TOLD,
    TOLD_PAUSES_MS,
    UNTOLD_PAUSES_MS,
    RecordedPlans,
    once_recorded,
)
from tests.support.waiting import wait_until
from tradewind.trading.wallet.errors import PlanNotRecorded


class Ledger:
    """Executes once it has the plan; notes at each attempt whether it was said to have it."""

    def __init__(self) -> None:
        self.has_plan = False
        self.attempts: list[bool] = []

    async def execute(self, is_told: bool) -> str:
        self.attempts.append(is_told)
        if not self.has_plan:
            raise PlanNotRecorded("not yet")
        return "executed"


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def heard(*event_ids: str) -> RecordedPlans:
    """Return plans of a process whose coordinator tells; of these it has told."""
    recorded = RecordedPlans()
    recorded.take(("other", *event_ids))
    return recorded


async def test_who_is_told_looks_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a plan that is told of while it is waited for, then there is one attempt, after it."""
    monkeypatch.setattr("actors.venues.recording.TOLD_PAUSES_MS", (60_000,))
    recorded = heard()
    task = asyncio.create_task(once_recorded(ledger.execute, "plan", recorded))
    await wait_until(lambda: "plan" in recorded._waiting, "it waits")
    recorded.take(["another"])
    await asyncio.sleep(0)
    assert not ledger.attempts
    ledger.has_plan = True
    recorded.take(["plan"])
    assert await asyncio.wait_for(task, 10) == "executed"
    assert ledger.attempts == [True]
    assert not recorded._waiting


async def test_who_was_told_before_does_not_wait(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.venues.recording.TOLD_PAUSES_MS", (60_000,))
    ledger.has_plan = True
    waiting = once_recorded(ledger.execute, "plan", heard("plan"))
    assert await asyncio.wait_for(waiting, 10) == "executed"
    assert ledger.attempts == [True]


async def test_what_was_told_and_is_not_there_is_waited_for(ledger: Ledger) -> None:
    """Given a telling that is not true any more, then it is not asked about again at once."""
    recorded = heard("plan")
    with pytest.raises(PlanNotRecorded):
        await once_recorded(ledger.execute, "plan", recorded)
    assert ledger.attempts == [True, *[False] * (len(TOLD_PAUSES_MS) - 1)]
    assert not recorded._waiting


@pytest.mark.parametrize(
    ("recorded", "pauses"), [(RecordedPlans(), UNTOLD_PAUSES_MS), (heard(), TOLD_PAUSES_MS)]
)
async def test_who_is_not_told_looks_again_and_then_gives_up(
    ledger: Ledger, recorded: RecordedPlans, pauses: tuple[int, ...]
) -> None:
    waited: list[float] = []
    with pytest.raises(PlanNotRecorded):
        await once_recorded(ledger.execute, "plan", recorded, waited.append)
    assert ledger.attempts == [False] * len(pauses)
    ledger.has_plan = True
    assert await once_recorded(ledger.execute, "plan", recorded, waited.append) == "executed"
    assert len(waited) == 1


async def test_where_nobody_tells_nothing_is_waited_for_before_the_first_look(
    ledger: Ledger,
) -> None:
    ledger.has_plan = True
    waiting = once_recorded(ledger.execute, "plan", RecordedPlans())
    with pytest.raises(StopIteration):
        waiting.__await__().__next__()
    assert ledger.attempts == [False]


def test_no_more_than_so_many_are_remembered() -> None:
    recorded = RecordedPlans()
    recorded.take(str(number) for number in range(MAX_TOLD + 2))
    assert len(recorded._told) == MAX_TOLD
    assert "1" not in recorded._told
