"""Intents are counted in windows of any length, for the accounts of the key."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tradewind_client.platform_calls import show_stats

from gateway.recent_counts import KEPT_SECONDS, RecentCounts
from gateway.routes.stats import MAX_BUCKETS, Window
from tests.support.keys import Signing, owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.memory_records import NOTHING_COUNTED
from tests.unit.gateway.support import NOW, GatewayHarness, check_problem
from tradewind.contracts.ids import make_ulid
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts
from tradewind.ledger.history.intent_counts import (
    COMPLETION,
    BucketCount,
    Counts,
    EndCount,
    OpenCounts,
    Seen,
    StageTimes,
)
from tradewind.ledger.history.stages import Stage

NO_ENTROPY = bytes(10)
COUNTED = Counts(
    buckets=(
        BucketCount(0, IntentState.COMPLETED, 7),
        BucketCount(0, IntentState.EXECUTING, 1),
        BucketCount(2, IntentState.RISK_REJECTED, 1),
        BucketCount(2, IntentState.FAILED, 1),
        BucketCount(2, IntentState.CANCELLED, 4),
    ),
    is_truncated=True,
    open=OpenCounts(dict.fromkeys(IntentState, 0) | {IntentState.EXECUTING: 3}, 2, False),
    reasons=(EndCount(IntentState.RISK_REJECTED, "NOTIONAL_LIMIT", 1, NOW),),
    reasons_read=6,
    stages={Stage.CONFIRM: StageTimes(7, 0.9114, 2.5), COMPLETION: StageTimes(7, 1.0, 3.0)},
    timed=14,
)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.routes.stats.clock.now", lambda: NOW)


async def asked(gateway: GatewayHarness, query: str = "") -> Any:
    async with gateway.client() as client:
        answer = await client.get(f"/stats{query}")
    assert answer.status_code == 200
    show_stats(None).read(answer.content)
    return answer.json()


async def test_what_became_of_intents_is_told_with_its_window() -> None:
    gateway = GatewayHarness()
    gateway.ledger.counts = COUNTED
    stats = await asked(gateway, "?since=2026-11-20T11:57:30Z")
    assert (stats["since"], stats["until"]) == (
        "2026-11-20T11:57:30.000Z",
        "2026-11-20T12:00:00.000Z",
    )
    assert (stats["intents"], stats["truncated"]) == (14, True)
    assert [one["state"] for one in stats["by_state"]] == [*IntentState]
    assert stats["success_rate"] == "0.7777"
    assert (stats["open"], stats["in_flight"]) == (3, 2)
    assert {"state": "executing", "count": 3} in stats["open_by_state"]
    assert len(stats["open_by_state"]) == 6
    assert stats["by_reason"] == [
        {
            "state": "risk_rejected",
            "reason": "NOTIONAL_LIMIT",
            "count": 1,
            "last_at": "2026-11-20T12:00:00.000Z",
        }
    ]
    stages = {one["stage"]: one for one in stats["stages"]}
    assert list(stages) == [*Stage]
    assert (stages["confirm"]["p50_seconds"], stages["risk"]["p50_seconds"]) == ("0.911", None)
    assert stats["completion"]["p95_seconds"] == "3.000"
    assert stats["bucket_seconds"] == 60
    assert [one["at"][11:16] for one in stats["buckets"]] == ["11:57", "11:58", "11:59", "12:00"]
    assert [one["submitted"] for one in stats["buckets"]] == [8, 0, 6, 0]
    first, _, third, _ = stats["buckets"]
    assert (first["completed"], first["open"]) == (7, 1)
    assert (third["refused"], third["failed"], third["cancelled"]) == (1, 1, 4)


async def test_without_a_time_it_is_the_last_day() -> None:
    gateway = GatewayHarness()
    stats = await asked(gateway)
    assert stats["since"] == "2026-11-19T12:00:00.000Z"
    assert (stats["success_rate"], stats["intents"]) == (None, 0)
    [(first_ids, lowest, seen)] = gateway.ledger.counted
    since = int((NOW - timedelta(days=1)).timestamp() * 1_000)
    assert lowest == make_ulid(since, NO_ENTROPY) == first_ids[0]
    assert seen == Seen()


@pytest.mark.parametrize(
    "since",
    [
        "2026-11-20T12:00:00Z",
        "2027-01-01",
        "2025-11-19",
        "0001-01-01",
        "soon",
        "",
        "2026-11-20&x=1",
    ],
)
async def test_a_window_that_is_none_is_refused(since: str) -> None:
    async with GatewayHarness().client() as client:
        answer = await client.get(f"/stats?since={since}")
    check_problem(answer, 400, "INVALID_PARAMETER")


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        (Accounts(("alpha", "b_*")), Seen(["alpha", r"b\_%"], None)),
        (Accounts(("*",), ("fund",)), Seen(None, ["fund"])),
        (Accounts(), Seen()),
    ],
)
async def test_a_key_counts_its_own(accounts: Accounts, expected: Seen) -> None:
    owned = owned_key(accounts=accounts)
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        assert (await client.get("/stats", auth=Signing(owned))).status_code == 200
        [(_, _, seen)] = keyed.gateway.ledger.counted
    assert seen == expected


@pytest.mark.parametrize("seconds", [1, 59, 60, 3_599, 3_600, 3_601, 86_400, 7 * 86_400])
@pytest.mark.parametrize("days", [0, 1, 30, 365])
def test_a_window_is_divided_into_a_few_equal_parts(seconds: int, days: int) -> None:
    since = NOW - timedelta(days=days, seconds=seconds)
    window = Window.of(since, NOW)
    assert len(window.starts) <= MAX_BUCKETS + 1
    assert window.starts[0] <= since < window.starts[0] + timedelta(seconds=window.seconds)
    assert window.starts[-1] <= NOW < window.starts[-1] + timedelta(seconds=window.seconds)
    assert {int(one.timestamp()) % window.seconds for one in window.starts} == {0}


class Counter:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[Seen] = []
        self.error: Exception | None = None

    async def count(self, first_ids: object, lowest: object, seen: Seen) -> Counts:
        self.asked.append(seen)
        if self.error is not None:
            raise self.error
        return NOTHING_COUNTED


async def test_who_asks_for_the_same_at_once_gets_the_same_count() -> None:
    seconds, counter = 0.0, Counter()
    counts = RecentCounts(counter, lambda: seconds)
    ids = [make_ulid(int(NOW.timestamp() * 1_000), NO_ENTROPY)]
    for _ in range(3):
        await counts.count(ids, ids[0], Seen())
    assert counter.asked == [Seen()]
    await counts.count(ids, ids[0], Seen(["alpha"]))
    seconds = KEPT_SECONDS
    await counts.count(ids, ids[0], Seen())
    assert counter.asked == [Seen(), Seen(["alpha"]), Seen()]


async def test_an_error_is_nobody_elses_answer() -> None:
    counter = Counter()
    counts = RecentCounts(counter, lambda: 0.0)
    ids = [make_ulid(int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()), NO_ENTROPY)]
    counter.error = TransientError("away")
    with pytest.raises(TransientError):
        await counts.count(ids, ids[0], Seen())
    counter.error = None
    assert await counts.count(ids, ids[0], Seen()) is NOTHING_COUNTED
