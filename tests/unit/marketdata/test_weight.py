"""The weight of any minute stays within its limit, also of a process that forgot what it did."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.trading.marketdata.errors import WeightSpent
from tradewind.trading.marketdata.weight import (
    MemoryWeight,
    WeightBudget,
    weight_of,
)

LIMIT = 300


class VirtualTime:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.25

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def heaviest_minute(sent: list[tuple[float, int]]) -> int:
    return max(sum(w for at, w in sent if end - 60 < at <= end) for end, _ in sent)


def test_requests_weigh_what_the_provider_says() -> None:
    assert weight_of("l2Book") == 2
    assert weight_of("metaAndAssetCtxs") == 20
    assert weight_of("candleSnapshot", 251) == 25


@given(
    st.lists(st.tuples(st.floats(0, 30), st.sampled_from([2, 20, 25]), st.booleans()), max_size=80)
)
def test_no_minute_exceeds_the_limit_and_who_waits_long_enough_is_let_through(
    requests: list[tuple[float, int, bool]],
) -> None:
    time, store, sent = VirtualTime(), MemoryWeight(), list[tuple[float, int]]()

    async def run() -> None:
        for pause, weight, is_patient in requests:
            time.now += pause / 10
            # Each request is another process's: all that lasts is in the store.
            budget = WeightBudget(store, LIMIT, time, time.sleep)
            try:
                await budget.spend(weight, wait_seconds=120 if is_patient else 0)
            except WeightSpent:
                assert not is_patient
            else:
                sent.append((time.now, weight))

    asyncio.run(run())
    assert not sent or heaviest_minute(sent) <= LIMIT


async def test_a_refusal_says_when_there_is_room_and_then_there_is() -> None:
    time, store = VirtualTime(), MemoryWeight()
    budget = WeightBudget(store, LIMIT, time, time.sleep)
    for _ in range(12):
        await budget.spend(25)
        time.now += 1
    with pytest.raises(WeightSpent) as refused:
        await budget.spend(25)
    time.now += refused.value.seconds - 0.01
    with pytest.raises(WeightSpent):
        await budget.spend(25)
    time.now += 0.01
    await budget.spend(25)


async def test_a_clock_that_was_set_back_blocks_nobody_for_good() -> None:
    time, store = VirtualTime(), MemoryWeight()
    budget = WeightBudget(store, LIMIT, time, time.sleep)
    await budget.spend(300)
    time.now -= 3_600
    await budget.spend(300)
    with pytest.raises(WeightSpent):
        await budget.spend(2)


async def test_what_weighs_more_than_a_minute_is_refused_however_long_one_waits() -> None:
    time = VirtualTime()
    with pytest.raises(WeightSpent):
        await WeightBudget(MemoryWeight(), 60, time, time.sleep).spend(61, wait_seconds=1e9)
