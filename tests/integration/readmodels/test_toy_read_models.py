"""Read models nobody in the product knows go through all of it once a registry has them."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.histories import History
from tests.unit.readmodels.toys import (
    APPROVALS,
    DOSSIER,
    REGISTRY,
    ApprovalsDocument,
    DossierDocument,
)
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument
from tradewind.readmodels.reader import Page, ReadModelReader
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.readmodels.rebuild.scrubber import Scrubber
from tradewind.redis import open_redis

ALPHA = [History(number, strategy_id="alpha") for number in range(1, 4)]
BETA = [History(4, strategy_id="beta")]
COMPLETED_KEY = f"dossier:{ALPHA[0].intent_id}"
APPROVALS_KEY = "approvals:alpha"


@pytest.fixture
async def harness(harness: ReadModelHarness) -> ReadModelHarness:
    """Return a harness with toys; alpha has three approved intents, one completed, beta has one."""
    toys = ReadModelHarness(harness.pool, harness.redis, REGISTRY)
    await toys.write(ALPHA[0].completed())
    for history in (*ALPHA[1:], *BETA):
        await toys.write(history.completed()[:3])
    return toys


@pytest.fixture
async def without_redis(harness: ReadModelHarness) -> AsyncIterator[ReadModelReader]:
    """Return a reader whose Redis does not answer."""
    async with open_redis("redis://127.0.0.1:1") as nowhere:
        yield ReadModelReader(nowhere, harness.recorded, REGISTRY)


def rebuild_of(harness: ReadModelHarness) -> Rebuild:
    return Rebuild(harness.recorded, harness.redis, registry=REGISTRY)


async def both[D: ReadModelDocument](
    harness: ReadModelHarness,
    without_redis: ReadModelReader,
    read_model: ReadModel[D],
    identifier: str,
) -> D:
    """Return a document, which is the same from the cache and from the ledger."""
    cached = await harness.reader.read(read_model, identifier)
    assert cached is not None
    assert cached == await without_redis.read(read_model, identifier)
    assert await harness.redis.get(read_model.key_of(cached)) == cached.model_dump_json().encode()
    return cached


async def test_they_are_projected_and_read(
    harness: ReadModelHarness, without_redis: ReadModelReader
) -> None:
    dossier = await both(harness, without_redis, DOSSIER, ALPHA[0].intent_id)
    assert (dossier.version, dossier.last_topic) == (9, "exec-completed")
    approvals = await both(harness, without_redis, APPROVALS, "alpha")
    assert (approvals.approvals, approvals.notional_usd, approvals.size) == (
        3,
        Decimal(10_500),
        "many",
    )
    assert await harness.reader.read(DOSSIER, History(9).intent_id) is None
    assert await harness.reader.read(APPROVALS, "nobody") is None
    assert await harness.reader.read(APPROVALS, "no key") is None


async def test_one_by_one_gives_what_catching_up_gives(harness: ReadModelHarness) -> None:
    await harness.write([*History(5, strategy_id="beta").completed()])
    before = await harness.snapshot()
    await harness.redis.flushall()
    await harness.new_projector().catch_up()
    assert await harness.snapshot() == before


async def test_they_are_listed_by_their_indexes(
    harness: ReadModelHarness, without_redis: ReadModelReader
) -> None:
    incarnation = (await harness.recorded.position()).incarnation
    keys = {key for key in await harness.snapshot() if key.startswith((b"dossiers:", b"by_size:"))}
    assert keys == {
        f"{prefix}:{incarnation}:{values}".encode()
        for prefix, values in (
            *(("dossiers", f"{topic}:{who}") for topic in TOPICS for who in ("*", "test")),
            *(("by_size", size) for size in ("*", "one", "many")),
        )
    }
    for reader in (harness.reader, without_redis):
        approved = {"last_topic": "risk-approved", "producer": "test"}
        assert ids(await reader.page(DOSSIER, approved)) == [
            history.intent_id for history in (*BETA, *reversed(ALPHA[1:]))
        ]
        first = await reader.page(DOSSIER, limit=2)
        second = await reader.page(DOSSIER, cursor=first.next_cursor, limit=2)
        assert second.next_cursor is None
        assert ids(first) + ids(second) == [
            history.intent_id for history in (*BETA, *reversed(ALPHA))
        ]
        assert portfolios(await reader.page(APPROVALS)) == ["beta", "alpha"]
        assert portfolios(await reader.page(APPROVALS, {"size": "many"})) == ["alpha"]
        with pytest.raises(ValueError, match="not listed by colour"):
            await reader.page(APPROVALS, {"colour": "red"})


TOPICS = ("*", "risk-approved", "exec-completed")


def ids(page: Page[DossierDocument]) -> list[str]:
    return [one.intent_id for one in page.items]


def portfolios(page: Page[ApprovalsDocument]) -> list[str]:
    return [one.portfolio for one in page.items]


async def test_a_document_that_moves_leaves_its_old_index(harness: ReadModelHarness) -> None:
    await harness.write(ALPHA[1].completed()[3:])
    page = await harness.reader.page(DOSSIER, {"last_topic": "risk-approved"})
    assert ids(page) == [BETA[0].intent_id, ALPHA[2].intent_id]


async def test_a_rebuild_finds_and_repairs_them(harness: ReadModelHarness) -> None:
    """Given damage of every kind, orphans included, then each is found and put right."""
    assert (await rebuild_of(harness).verify()).is_identical
    before = await harness.snapshot()
    incarnation = (await harness.recorded.position()).incarnation
    await spoil(harness, incarnation)
    for found in (await rebuild_of(harness).verify(), await rebuild_of(harness).repair()):
        assert set(found.different.keys) == {COMPLETED_KEY, APPROVALS_KEY}
        assert set(found.unknown.keys) == {
            f"dossier:{History(9).intent_id}",
            "approvals:nobody",
            "by_size:another:*",
        }
        assert set(found.misplaced.keys) == {
            f"dossier:{ALPHA[1].intent_id}",
            "approvals:beta",
            f"by_size:{incarnation}:many beta",
        }
    assert await harness.snapshot() == before
    assert (await rebuild_of(harness).verify()).is_identical


async def spoil(harness: ReadModelHarness, incarnation: str) -> None:
    """Damage, misplace and invent, one of each kind of history."""
    text = await harness.redis.get(COMPLETED_KEY)
    approvals = await harness.redis.get(APPROVALS_KEY)
    assert isinstance(text, bytes)
    assert isinstance(approvals, bytes)
    await harness.redis.set(COMPLETED_KEY, text.replace(b'"version":9', b'"version":8'))
    await harness.redis.set(APPROVALS_KEY, approvals.replace(b'"approvals":3', b'"approvals":4'))
    orphan = text.replace(ALPHA[0].intent_id.encode(), History(9).intent_id.encode())
    await harness.redis.set(f"dossier:{History(9).intent_id}", orphan)
    await harness.redis.set("approvals:nobody", b"{}")
    await harness.redis.zrem(f"dossiers:{incarnation}:*:test", ALPHA[1].intent_id)
    await harness.redis.zrem(f"by_size:{incarnation}:one", "beta")
    listed: dict[Any, float] = {"beta": 0}
    await harness.redis.zadd(f"by_size:{incarnation}:many", listed)
    await harness.redis.zadd("by_size:another:*", listed)


async def test_what_their_schema_refuses_is_scrubbed(harness: ReadModelHarness) -> None:
    before = await harness.snapshot()
    strangers = {"dossier:x": b"{", "approvals:nobody": b"{"}
    await harness.redis.mset({COMPLETED_KEY: b"{", APPROVALS_KEY: b"{}", **strangers})
    scrubber = Scrubber(harness.recorded, harness.redis, REGISTRY)
    repaired = [key for _ in range(20) for key in await scrubber.step()]
    assert set(repaired) == {COMPLETED_KEY, APPROVALS_KEY, *strangers}
    assert await harness.snapshot() == before


async def test_the_products_read_models_are_the_same_beside_them(
    harness: ReadModelHarness, redis: Redis
) -> None:
    beside = await harness.snapshot()
    await redis.flushall()
    alone = ReadModelHarness(harness.pool, redis)
    await alone.projector.catch_up()
    toys = (b"dossier", b"approvals:", b"by_size:")
    assert await alone.snapshot() == {
        key: value for key, value in beside.items() if not key.startswith(toys)
    }
    assert (await Rebuild(harness.recorded, redis).verify()).is_identical
