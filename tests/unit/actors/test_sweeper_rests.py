"""What the sweeper asks for only when it can be due."""

from unittest.mock import AsyncMock, MagicMock

import pytest

from actors.sweeper import relay as relaying
from actors.sweeper import sweep as sweeping
from actors.sweeper.relay import FORGET_SECONDS, MAX_FORGOTTEN_PER_PASS, Relay
from actors.sweeper.sweep import PASSES_PER_STALL, Sweeper

SETTINGS = MagicMock(
    relay_after_seconds=5.0,
    idempotency_key_hours=24.0,
    stalled_after_seconds=30.0,
    stalled_max_attempts=3,
)


class Clock:
    """Says what time it is; a test moves it on."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (relaying, sweeping):
        monkeypatch.setattr(module, "time", clock)
    return clock


async def test_old_keys_are_looked_for_once_a_minute_unless_some_were_left(
    clock: Clock,
) -> None:
    journal = AsyncMock()
    journal.pending.return_value = []
    journal.forget.side_effect = [MAX_FORGOTTEN_PER_PASS, 3, 0]
    relay = Relay(journal, AsyncMock(), SETTINGS)
    for _ in range(5):
        await relay.relay()
    assert journal.forget.await_count == 2
    clock.seconds += FORGET_SECONDS
    await relay.relay()
    assert journal.forget.await_count == 3
    assert journal.pending.await_count == 6


async def test_who_had_the_turn_asks_for_the_next_when_it_can_be_due(
    clock: Clock,
) -> None:
    histories = AsyncMock()
    histories.try_turn.side_effect = [False, True, True]
    histories.due.return_value = []
    sweeper = Sweeper(histories, AsyncMock(), SETTINGS)
    for _ in range(5):
        await sweeper.sweep()
    assert histories.try_turn.await_count == 2
    clock.seconds += SETTINGS.stalled_after_seconds / PASSES_PER_STALL
    await sweeper.sweep()
    assert histories.try_turn.await_count == 3
