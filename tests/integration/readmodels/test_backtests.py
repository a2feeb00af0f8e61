"""Documents of back-tests in Redis are what the ledger says, and are listed."""

import pytest

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.backtest_histories import History
from tradewind.readmodels.models.backtest import BACKTEST
from tradewind.readmodels.rebuild.rebuild import Rebuild

SWEEP = "01M8G5E8C33SMXKYM4C561G409"


@pytest.mark.parametrize("is_cached", [True, False])
async def test_back_tests_are_read_and_listed_from_redis_or_the_ledger(
    harness: ReadModelHarness, is_cached: bool
) -> None:
    first, third = History(1).progressed(500).completed(), History(3)
    second = History(2, sweep_id=SWEEP).progressed(500)
    for event in first.events:
        assert await harness.write([event])
    assert await harness.write([*second.events, *third.events])
    if not is_cached:
        await harness.redis.flushall()
    document = await harness.reader.read(BACKTEST, first.run_id)
    assert document is not None
    assert (document.status, document.candles_processed) == ("completed", 1_440)
    assert document.manifest == first.events[0].payload.manifest

    async def runs(**where: str) -> list[str]:
        return [one.run_id for one in (await harness.reader.page(BACKTEST, where)).items]

    assert await runs() == [third.run_id, second.run_id, first.run_id]
    assert await runs(batch="single") == [third.run_id, first.run_id]
    assert await runs(batch=SWEEP, strategy="ema_cross") == [second.run_id]
    assert await runs(status="queued") == [third.run_id]


async def test_a_rebuild_covers_them(harness: ReadModelHarness) -> None:
    history = History(label="first").progressed(500).completed()
    assert await harness.write(history.events)
    rebuild = Rebuild(harness.recorded, harness.redis)
    assert (await rebuild.verify()).is_identical
    before = await harness.snapshot()
    key = BACKTEST.key(history.run_id)
    await harness.redis.set(key, "damaged")
    assert (await rebuild.verify()).different.keys == [key]
    assert (await rebuild.repair()).is_identical is False
    assert await harness.snapshot() == before
