"""When the treasury looks again: at the start, when asked, at times, and after a trade."""

from typing import Any

import pytest

from actors.treasury import loop
from actors.treasury.loop import GAP_SECONDS, Treasury
from tradewind.trading.treasury.records import Due

INTERVAL_SECONDS = 300.0
QUIET = Due(0.0, "first", is_requested=False, is_unopened=False, settled_nonces=(None,))


class Surroundings:
    """All that a treasury looks at, with nothing behind it. Passes and looks are counted."""

    def __init__(self) -> None:
        self.chain_id = 1
        self.due_now = QUIET
        self.has_turn = True
        self.is_complete = True
        self.halt: object | None = None
        self.passes = self.begun_again = self.told = 0
        self.proof = self

    async def due(self, _: int) -> Due:
        return self.due_now

    async def take_turn(self, _holder: str, _seconds: float) -> bool:
        return self.has_turn

    async def end_turn(self, _: str) -> None: ...

    async def standings(self, _: int) -> list[Any]:
        return []

    differences = standings

    async def known(self) -> list[Any]:
        return []

    async def run(self, _: object) -> list[Any]:
        self.passes += 1
        return []

    async def catch_up(self) -> bool:
        return self.is_complete

    async def begin(self) -> object | None:
        return self.halt

    async def end(self, _halt: object, _results: object) -> None:
        self.halt = None

    async def tell(self) -> None:
        self.told += 1

    def begin_again(self) -> None:
        self.begun_again += 1


class Clock:
    """Seconds that pass when a test says so, on this clock and since the last pass of anybody."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


class Ticking:
    """A treasury and its surroundings."""

    def __init__(self, clock: Clock) -> None:
        self.around, self._clock = Surroundings(), clock
        around: Any = self.around
        self._treasury = Treasury(around, around, around, around, around, INTERVAL_SECONDS)

    async def passes(self, after_seconds: float = 0.0, **changes: Any) -> int:
        """Return how many passes a tick does so long after the one before, the rest the same."""
        self._clock.now += after_seconds
        age_seconds = self.around.due_now.age_seconds + after_seconds
        self.around.due_now = self.around.due_now._replace(**{"age_seconds": age_seconds} | changes)
        before = self.around.passes
        await self._treasury.tick()
        done = self.around.passes - before
        if done:
            self.around.due_now = self.around.due_now._replace(
                age_seconds=0.0, is_requested=False, is_unopened=False
            )
        return done


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Ticking:
    clock = Clock()
    monkeypatch.setattr(loop, "time", clock)
    return Ticking(clock)


async def test_it_looks_at_the_start_and_then_rests_for_the_interval(ticking: Ticking) -> None:
    """Given a pass of another process just now, then one that starts looks all the same."""
    assert await ticking.passes() == 1
    assert await ticking.passes(GAP_SECONDS) == 0
    assert await ticking.passes(INTERVAL_SECONDS - GAP_SECONDS - 1) == 0
    assert await ticking.passes(1) == 1
    # what another process did counts as if it was its own
    assert await ticking.passes(INTERVAL_SECONDS, age_seconds=INTERVAL_SECONDS - 1) == 0
    assert await ticking.passes(1) == 1


@pytest.mark.parametrize(
    "news", [{"is_unopened": True}, {"settled_nonces": (7,)}, {"settled_nonces": (None, None)}]
)
async def test_news_are_looked_at_when_there_was_no_pass_for_some_seconds(
    ticking: Ticking, news: dict[str, Any]
) -> None:
    await ticking.passes()
    assert await ticking.passes(GAP_SECONDS - 1, **news) == 0
    assert await ticking.passes(1) == 1
    assert await ticking.passes(GAP_SECONDS) == 0


async def test_a_request_another_history_and_a_halt_do_not_wait(ticking: Ticking) -> None:
    await ticking.passes()
    assert await ticking.passes(is_requested=True) == 1
    assert await ticking.passes(incarnation="restored") == 1
    assert ticking.around.begun_again == 2
    ticking.around.halt = object()
    assert await ticking.passes() == 1
    assert await ticking.passes() == 0


async def test_what_could_not_be_looked_at_is_due_at_the_next_tick(ticking: Ticking) -> None:
    """Given an incomplete ledger, then another's turn, then neither forgets that it is due."""
    ticking.around.is_complete = False
    assert await ticking.passes() == 0
    assert ticking.around.told == 1  # the ledger may be waiting for just that
    ticking.around.is_complete, ticking.around.has_turn = True, False
    assert await ticking.passes() == 0
    ticking.around.has_turn = True
    assert await ticking.passes() == 1
    ticking.around.has_turn = False
    assert await ticking.passes(GAP_SECONDS, settled_nonces=(7,)) == 0
    ticking.around.has_turn = True
    assert await ticking.passes() == 1
