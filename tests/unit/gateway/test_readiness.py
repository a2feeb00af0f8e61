"""How often dependencies are asked, and what is said of one that does not answer."""

import asyncio

import pytest

from gateway import readiness as module
from gateway.readiness import Readiness
from tests.unit.gateway.memory_ports import FakeConsumers


class Counted:
    """A dependency that answers when it is told to, and counts its questions."""

    def __init__(self, name: str, *, hangs: bool = False) -> None:
        self.name = name
        self.asked = 0
        self.answers = asyncio.Event()
        if not hangs:
            self.answers.set()

    async def check(self) -> None:
        self.asked += 1
        while not self.answers.is_set():
            try:
                await self.answers.wait()
            except asyncio.CancelledError:
                # A driver that asks a silent server to cancel does not end either.
                continue


class Clock:
    """Stands still until it is told otherwise."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_TIMEOUT_SECONDS", 0.05)


async def test_many_who_ask_are_one_question() -> None:
    clock, redis = Clock(), Counted("redis")
    readiness = Readiness([redis], FakeConsumers(), clock)
    await asyncio.gather(*(readiness.report() for _ in range(20)))
    clock.now += 0.9
    await readiness.report()
    assert redis.asked == 1
    clock.now += 0.2
    await readiness.report()
    assert redis.asked == 2


async def test_who_leaves_takes_the_answer_from_nobody() -> None:
    redis = Counted("redis", hangs=True)
    readiness = Readiness([redis], FakeConsumers())
    leaving, staying = (asyncio.ensure_future(readiness.report()) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    redis.answers.set()
    assert (await staying).is_ready


async def test_what_hangs_is_down_in_time_and_is_not_asked_again_meanwhile() -> None:
    """Given a question that not even its cancellation ends."""
    clock, postgres, redis = Clock(), Counted("postgres", hangs=True), Counted("redis")
    readiness = Readiness([postgres, redis], FakeConsumers(), clock)
    for _ in range(3):
        report = await readiness.report()
        assert report.dependencies["postgres"] == {"status": "down", "error": "TIMEOUT"}
        assert report.dependencies["redis"]["status"] == "up"
        assert report.consumers
        clock.now += 2
    assert (postgres.asked, redis.asked) == (1, 3)
    postgres.answers.set()
    assert (await readiness.report()).is_ready
    await readiness.close()
