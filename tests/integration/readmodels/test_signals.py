"""Documents of signals and decisions in Redis are what the ledger says, and are listed."""

import pytest

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.signal_histories import observed_signal, rejected_signal
from tradewind.readmodels.models.decision import DECISION
from tradewind.readmodels.models.signal import SIGNAL
from tradewind.readmodels.rebuild.rebuild import Rebuild


@pytest.mark.parametrize("is_cached", [True, False])
async def test_signals_and_decisions_are_read_and_listed_from_redis_or_the_ledger(
    harness: ReadModelHarness, is_cached: bool
) -> None:
    histories = [observed_signal(1), rejected_signal(2), observed_signal(3, source="other")]
    for event in histories[0]:
        assert await harness.write([event])
    assert await harness.write([event for history in histories[1:] for event in history])
    if not is_cached:
        await harness.redis.flushall()
    first, second, third = (history[0].payload.signal_id for history in histories)
    made = [event.event_id for event in (*histories[0], *histories[2]) if "made" in event.topic]

    assert await harness.reader.read(SIGNAL, "01M8G5E8C33SMXKYM4C561G409") is None
    assert await harness.reader.read(DECISION, histories[0][0].event_id) is None
    document = await harness.reader.read(DECISION, made[1])
    assert document is not None
    assert (document.signal_id, document.status) == (first, "timeout")

    async def signals(**where: str) -> list[str]:
        return [one.signal_id for one in (await harness.reader.page(SIGNAL, where)).items]

    assert await signals() == [third, second, first]
    assert await signals(source="trend", symbol="ETH") == [second, first]
    assert await signals(state="rejected") == [second]
    assert await signals(source="nobody") == []

    newest = await harness.reader.page(DECISION, limit=3)
    rest = await harness.reader.page(DECISION, cursor=newest.next_cursor)
    listed = [one.decision_id for one in (*newest.items, *rest.items)]
    assert listed == sorted(made, reverse=True)
    with_dot = await harness.reader.page(DECISION, {"model": "gpt-5.4-mini", "status": "timeout"})
    assert [one.model for one in with_dot.items] == ["gpt-5.4-mini"] * 2


async def test_a_rebuild_covers_them(harness: ReadModelHarness) -> None:
    history = observed_signal()
    assert await harness.write(history)
    rebuild = Rebuild(harness.recorded, harness.redis)
    assert (await rebuild.verify()).is_identical
    before = await harness.snapshot()
    assert len([key for key in before if key.startswith(b"decision:")]) == 2
    decision = DECISION.key(history[2].event_id)
    await harness.redis.set(decision, "damaged")
    stranger = DECISION.key(history[0].event_id)
    await harness.redis.set(stranger, before[decision.encode()])
    found = await rebuild.verify()
    assert (found.different.keys, found.unknown.keys) == ([decision], [stranger])
    assert (await rebuild.repair()).is_identical is False
    assert await harness.snapshot() == before
