"""Rate limits on a real Redis: one trip for all policies, the same rule as in a process."""

import asyncio
import random

import pytest

from gateway.limits.buckets import LocalBuckets, RedisBuckets
from gateway.limits.policy import MICROSECONDS, Charge, Policy, Standing
from tests.integration.gateway.support import running_gateway
from tests.settings import Settings
from tests.unit.gateway.support import BODY, check_problem
from tradewind.operations.embedded.servers import Servers
from tradewind.redis import open_redis

POLICIES = (Policy("a", 3), Policy("b", 5, 3_600), Policy("c", 40))
SLACK_SECONDS = 3


def counted(standings: list[Standing]) -> list[tuple[int, bool]]:
    return [(one.remaining, one.wait_us > 0) for one in standings]


async def test_redis_and_a_process_count_alike(redis_url: str) -> None:
    """Given quotas that refill slowly: whatever is asked for, both say the same."""
    chance, slow = random.Random(7), [Policy(one.name, one.quota, 86_400) for one in POLICIES]
    async with open_redis(redis_url) as client:
        shared, local = RedisBuckets(client), LocalBuckets()
        for _ in range(60):
            chosen = chance.sample(slow, chance.randint(1, 3))
            charges = [Charge(policy, chance.choice("xy")) for policy in chosen]
            assert counted(list(await shared.charge(charges))) == counted(
                list(local.charge(charges))
            )


async def test_at_once_no_more_pass_than_there_is_room_for(redis_url: str) -> None:
    """Given 20 requests at once by two gateways, then the narrowest policy decides for all."""
    charges = [Charge(policy, "x") for policy in POLICIES]
    async with open_redis(redis_url, 60) as one, open_redis(redis_url, 60) as two:
        gateways = (RedisBuckets(one), RedisBuckets(two))
        answers = await asyncio.gather(*(gateways[n % 2].charge(charges) for n in range(20)))
        passed = [answer for answer in answers if not any(left.wait_us for left in answer)]
        assert len(passed) == 3
        (_, hourly, _) = await gateways[0].charge(charges)
        assert hourly.remaining == 2


async def test_a_bucket_is_gone_once_it_is_empty(redis_url: str) -> None:
    fast = Policy("fast", 1_000, 1)
    async with open_redis(redis_url) as client:
        (standing,) = await RedisBuckets(client).charge([Charge(fast, "x")])
        assert standing.level_us <= MICROSECONDS // 1_000
        await asyncio.sleep(0.05)
        assert await client.keys("limit:*") == []


async def test_intents_are_limited_by_redis_and_without_it(
    settings: Settings, servers: Servers
) -> None:
    """Given 4 intents a minute and two processes: 4 pass, and without Redis 2 of the next."""
    limited = settings.model_copy(update={"limit_intents_per_minute": 4, "limit_processes": 2})
    cache = servers.processes["redis"]
    async with running_gateway(limited) as running:
        answers = [await running.client.post("/intents", json=BODY) for _ in range(5)]
        assert [one.status_code for one in answers] == [201] * 4 + [429]
        check_problem(answers[-1], 429, "RATE_LIMITED")
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 15 + SLACK_SECONDS
    cache.kill()
    try:
        async with running_gateway(limited) as running:
            answers = [await running.client.post("/intents", json=BODY) for _ in range(4)]
            assert [one.status_code for one in answers] == [201] * 2 + [429] * 2
            reading = [await running.client.get("/health") for _ in range(3)]
            assert {one.status_code for one in reading} == {200}
    finally:
        cache.restart()


@pytest.mark.parametrize("text", ["limit", "nonce"])
async def test_what_is_counted_is_no_document(redis_url: str, text: str) -> None:
    from tradewind.readmodels.registry import READ_MODELS

    assert not any(f"{text}:x".startswith(prefix) for prefix in READ_MODELS.prefixes)
