"""Rate limits: who is charged, what is refused and told, and what happens without Redis."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from redis.exceptions import ConnectionError

from gateway.http.caller import LOCAL_CALLER
from gateway.limits.addresses import network_of
from gateway.limits.buckets import LocalBuckets
from gateway.limits.limiter import REDIS_PAUSE_SECONDS, RateLimited, RateLimiter
from gateway.limits.policies import policies_of_keys, policies_without_keys
from gateway.limits.policy import Charge, Policy, scaled
from gateway.limits.refusals import Refusals
from gateway.limits.settings import RateLimitSettings
from tests.unit.gateway.memory_ports import MemoryBuckets
from tests.unit.gateway.support import BODY, GatewayHarness, check_problem

TEN = Policy("intents", 10, fails_open=False)
READS = Policy("key", 10)
ALICE = replace(LOCAL_CALLER, key_id="alice")
AWAY = ConnectionError("away")


class Clock:
    """Says what a test wants to hear."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def shared(clock: Clock) -> MemoryBuckets:
    """Return the buckets of all gateways."""
    return MemoryBuckets(clock)


@pytest.fixture
def limiter(shared: MemoryBuckets, clock: Clock) -> RateLimiter:
    """Return a limiter of one of two processes."""
    return RateLimiter(shared, processes=2, clock=clock)


async def allowed(limiter: RateLimiter, charges: Sequence[Charge], times: int) -> int:
    """Return how many of so many requests pass."""
    passed = 0
    for _ in range(times):
        try:
            await limiter.check(charges)
        except RateLimited:
            continue
        passed += 1
    return passed


def test_a_bucket_fills_again_evenly(clock: Clock) -> None:
    buckets, charges = LocalBuckets(clock=clock), [Charge(TEN, "alice")]
    levels = [buckets.charge(charges)[0].remaining for _ in range(10)]
    assert levels == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    (full,) = buckets.charge(charges)
    assert (full.remaining, full.wait_seconds, full.reset_seconds) == (0, 6, 60)
    clock.seconds = 5.9
    assert buckets.charge(charges)[0].wait_seconds == 1
    clock.seconds = 6.0
    assert buckets.charge(charges)[0].wait_us == 0
    clock.seconds = 3_600.0
    assert buckets.charge(charges)[0].remaining == 9


def test_all_policies_are_charged_or_none(clock: Clock) -> None:
    """Given one policy without room, then the others keep what they have."""
    buckets, tight, wide = LocalBuckets(clock=clock), Policy("tight", 1), Policy("wide", 5)
    both = [Charge(wide, "alice"), Charge(tight, "alice")]
    buckets.charge(both)
    for _ in range(9):
        assert [bool(one.wait_us) for one in buckets.charge(both)] == [False, True]
    assert buckets.charge([Charge(wide, "alice")])[0].remaining == 3


def test_a_process_remembers_so_many_buckets_and_no_more(clock: Clock) -> None:
    buckets = LocalBuckets(capacity=2, clock=clock)
    once = Policy("once", 1)
    for subject in ("a", "b", "c"):
        buckets.charge([Charge(once, subject)])
    assert [bool(buckets.charge([Charge(once, one)])[0].wait_us) for one in ("c", "b", "a")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("factor", "quota", "window_seconds"),
    [(2, 20, 60), (0.5, 5, 60), (0.25, 2, 60), (0.05, 1, 120)],
)
def test_a_part_of_a_policy_is_never_nothing(
    factor: float, quota: int, window_seconds: int
) -> None:
    part = scaled(TEN, factor)
    assert (part.quota, part.window_seconds) == (quota, window_seconds)


async def test_a_flood_does_not_reach_redis(limiter: RateLimiter, shared: MemoryBuckets) -> None:
    assert await allowed(limiter, [Charge(TEN, "alice")], 1_000) == 10
    assert shared.trips == 20
    with pytest.raises(RateLimited) as flooded:
        await limiter.check([Charge(TEN, "alice")])
    assert (flooded.value.refused.policy, flooded.value.wait_seconds) == (TEN, 6)


@pytest.mark.parametrize(("policy", "passed"), [(TEN, 5), (READS, 20)])
async def test_without_redis_reads_pass_and_intents_are_halved(
    limiter: RateLimiter, shared: MemoryBuckets, policy: Policy, passed: int
) -> None:
    """Given two processes, then together they allow as many intents as with Redis."""
    shared.error = AWAY
    assert await allowed(limiter, [Charge(policy, "alice")], 100) == passed


@pytest.mark.parametrize("error", [AWAY, TimeoutError(), OSError()])
async def test_redis_is_left_alone_for_a_moment_and_then_asked_again(
    limiter: RateLimiter, shared: MemoryBuckets, clock: Clock, error: Exception
) -> None:
    shared.error = error
    await allowed(limiter, [Charge(READS, "alice")], 5)
    assert shared.trips == 1
    clock.seconds += REDIS_PAUSE_SECONDS
    await allowed(limiter, [Charge(READS, "alice")], 5)
    assert shared.trips == 2
    shared.error = None
    clock.seconds += REDIS_PAUSE_SECONDS
    await allowed(limiter, [Charge(READS, "bob")], 5)
    assert shared.trips == 7


async def test_a_key_may_submit_ten_intents_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.http.middleware.caller.LOCAL_CALLER", ALICE)
    gateway = GatewayHarness()
    async with gateway.client() as client:
        answers = [await client.post("/intents", json=BODY) for _ in range(11)]
        read = await client.get("/intents")
    assert [one.status_code for one in answers[:-1]] == [201] * 10
    policies = '"address";q=3000;w=60, "key";q=1200;w=60, "intents";q=10;w=60'
    assert {one.headers["ratelimit-policy"] for one in answers} == {policies}
    assert answers[0].headers["ratelimit"].endswith('"intents";r=9;t=6')
    check_problem(answers[-1], 429, "RATE_LIMITED")
    assert answers[-1].headers["ratelimit"].endswith('"intents";r=0;t=60')
    assert answers[-1].headers["retry-after"] == "6"
    assert len(gateway.journal.kept) == 10
    assert read.status_code == 200
    assert gateway.buckets.trips == 12


async def test_who_needs_no_key_is_not_limited_unless_a_setting_says_so() -> None:
    gateway, limited = GatewayHarness(), GatewayHarness(limit_intents_per_minute=2)
    async with gateway.client() as client, limited.client() as other:
        free = [(await client.post("/intents", json=BODY)) for _ in range(12)]
        bound = [(await other.post("/intents", json=BODY)).status_code for _ in range(3)]
    assert {one.status_code for one in free} == {201}
    assert not any("ratelimit" in one.headers for one in free)
    assert bound == [201, 201, 429]
    assert gateway.buckets.trips == 0


async def test_probes_are_never_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.http.middleware.caller.LOCAL_CALLER", ALICE)
    gateway = GatewayHarness(limit_address_requests_per_minute=1)
    async with gateway.client() as client:
        assert {(await client.get("/health")).status_code for _ in range(5)} == {200}
        assert [(await client.get("/nothing")).status_code for _ in range(2)] == [404, 429]


def test_a_setting_of_0_is_no_limit() -> None:
    nothing = RateLimitSettings(
        limit_intents_per_minute=0,
        limit_key_requests_per_minute=0,
        limit_address_requests_per_minute=0,
    )
    for policies in (policies_of_keys(nothing), policies_without_keys(nothing)):
        assert policies.charges("192.0.2.1", "alice", "POST", "/intents") == []


def test_another_route_is_not_charged_to_the_route_s_policy() -> None:
    policies = policies_of_keys(RateLimitSettings())
    for method, path in (("GET", "/intents"), ("POST", "/intents/x/cancel")):
        names = [one.policy.name for one in policies.charges("192.0.2.1", "alice", method, path)]
        assert names == ["address", "key"]
    anonymous = policies.charges("192.0.2.1", None, "POST", "/intents")
    assert [one.policy.name for one in anonymous] == ["address"]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_ipv6_network_is_one_client(address: str | None, network: str) -> None:
    assert network_of(address) == network


async def test_refused_keys_make_an_address_wait(limiter: RateLimiter, clock: Clock) -> None:
    """Given an address that guesses, then nothing it sends is looked at for a while."""
    refusals = Refusals(limiter, Policy("refusals", 3, fails_open=False), clock)
    for last in ("1", "2", "3"):
        refusals.check("2001:db8::9")
        await refusals.count(f"2001:db8::{last}")
    with pytest.raises(RateLimited):
        await refusals.count("2001:db8::4")
    with pytest.raises(RateLimited):
        refusals.check("2001:db8::9")
    refusals.check("2001:db8:0:1::1")
    clock.seconds += 20
    refusals.check("2001:db8::9")


async def test_refusals_without_a_limit_are_not_counted(
    limiter: RateLimiter, shared: MemoryBuckets
) -> None:
    refusals = Refusals(limiter, None)
    for _ in range(100):
        await refusals.count("192.0.2.1")
        refusals.check("192.0.2.1")
    assert shared.trips == 0
