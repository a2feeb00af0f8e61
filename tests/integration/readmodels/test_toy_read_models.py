"""Read models nobody in the product knows go through all of it once a registry has them."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.integration.readmodels.desk import Desk
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
async def desk(desk: Desk) -> Desk:
    """Return a desk with toys; alpha has three approved intents, one completed, beta has one."""
    toys = Desk(desk.pool, desk.redis, REGISTRY)
    await toys.write(ALPHA[0].completed())
    for history in (*ALPHA[1:], *BETA):
        await toys.write(history.events(history.approved()))
    return toys


@pytest.fixture
async def without_redis(desk: Desk) -> AsyncIterator[ReadModelReader]:
    """Return a reader whose Redis does not answer."""
    async with open_redis("redis://127.0.0.1:1") as nowhere:
        yield ReadModelReader(nowhere, desk.recorded, REGISTRY)


def rebuild_of(desk: Desk) -> Rebuild:
    return Rebuild(desk.recorded, desk.redis, registry=REGISTRY)


async def both[D: ReadModelDocument](
    desk: Desk, without_redis: ReadModelReader, read_model: ReadModel[D], identifier: str
) -> D:
    """Return a document, which is the same from the cache and from the ledger."""
    cached = await desk.reader.read(read_model, identifier)
    assert cached is not None
    assert cached == await without_redis.read(read_model, identifier)
    assert await desk.redis.get(read_model.key_of(cached)) == cached.model_dump_json().encode()
    return cached


async def test_they_are_projected_and_read(desk: Desk, without_redis: ReadModelReader) -> None:
    dossier = await both(desk, without_redis, DOSSIER, ALPHA[0].intent_id)
    assert (dossier.version, dossier.last_topic) == (8, "exec-completed")
    approvals = await both(desk, without_redis, APPROVALS, "alpha")
    assert (approvals.approvals, approvals.notional_usd, approvals.size) == (
        3,
        Decimal(10_500),
        "many",
    )
    assert await desk.reader.read(DOSSIER, History(9).intent_id) is None
    assert await desk.reader.read(APPROVALS, "nobody") is None
    assert await desk.reader.read(APPROVALS, "no key") is None


async def test_one_by_one_gives_what_catching_up_gives(desk: Desk) -> None:
    await desk.write([*History(5, strategy_id="beta").completed()])
    before = await desk.snapshot()
    await desk.redis.flushall()
    await desk.new_projector().catch_up()
    assert await desk.snapshot() == before


async def test_they_are_listed_by_their_indexes(desk: Desk, without_redis: ReadModelReader) -> None:
    incarnation = (await desk.recorded.position()).incarnation
    keys = {key for key in await desk.snapshot() if key.startswith((b"dossiers:", b"by_size:"))}
    assert keys == {
        f"{prefix}:{incarnation}:{values}".encode()
        for prefix, values in (
            *(("dossiers", f"{topic}:{who}") for topic in TOPICS for who in ("*", "test")),
            *(("by_size", size) for size in ("*", "one", "many")),
        )
    }
    for reader in (desk.reader, without_redis):
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


async def test_a_document_that_moves_leaves_its_old_index(desk: Desk) -> None:
    await desk.write(ALPHA[1].completed()[2:])
    page = await desk.reader.page(DOSSIER, {"last_topic": "risk-approved"})
    assert ids(page) == [BETA[0].intent_id, ALPHA[2].intent_id]


async def test_a_rebuild_finds_and_repairs_them(desk: Desk) -> None:
    """Given damage of every kind, orphans included, then each is found and put right."""
    assert (await rebuild_of(desk).verify()).is_identical
    before = await desk.snapshot()
    incarnation = (await desk.recorded.position()).incarnation
    await spoil(desk, incarnation)
    for found in (await rebuild_of(desk).verify(), await rebuild_of(desk).repair()):
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
    assert await desk.snapshot() == before
    assert (await rebuild_of(desk).verify()).is_identical


async def spoil(desk: Desk, incarnation: str) -> None:
    """Damage, misplace and invent, one of each kind of history."""
    text = await desk.redis.get(COMPLETED_KEY)
    approvals = await desk.redis.get(APPROVALS_KEY)
    assert isinstance(text, bytes)
    assert isinstance(approvals, bytes)
    await desk.redis.set(COMPLETED_KEY, text.replace(b'"version":8', b'"version":7'))
    await desk.redis.set(APPROVALS_KEY, approvals.replace(b'"approvals":3', b'"approvals":4'))
    orphan = text.replace(ALPHA[0].intent_id.encode(), History(9).intent_id.encode())
    await desk.redis.set(f"dossier:{History(9).intent_id}", orphan)
    await desk.redis.set("approvals:nobody", b"{}")
    await desk.redis.zrem(f"dossiers:{incarnation}:*:test", ALPHA[1].intent_id)
    await desk.redis.zrem(f"by_size:{incarnation}:one", "beta")
    listed: dict[Any, float] = {"beta": 0}
    await desk.redis.zadd(f"by_size:{incarnation}:many", listed)
    await desk.redis.zadd("by_size:another:*", listed)


async def test_what_their_schema_refuses_is_scrubbed(desk: Desk) -> None:
    before = await desk.snapshot()
    strangers = {"dossier:x": b"{", "approvals:nobody": b"{"}
    await desk.redis.mset({COMPLETED_KEY: b"{", APPROVALS_KEY: b"{}", **strangers})
    scrubber = Scrubber(desk.recorded, desk.redis, REGISTRY)
    repaired = [key for _ in range(20) for key in await scrubber.step()]
    assert set(repaired) == {COMPLETED_KEY, APPROVALS_KEY, *strangers}
    assert await desk.snapshot() == before


async def test_the_products_read_models_are_the_same_beside_them(desk: Desk, redis: Redis) -> None:
    beside = await desk.snapshot()
    await redis.flushall()
    alone = Desk(desk.pool, redis)
    await alone.projector.catch_up()
    toys = (b"dossier", b"approvals:", b"by_size:")
    assert await alone.snapshot() == {
        key: value for key, value in beside.items() if not key.startswith(toys)
    }
    assert (await Rebuild(desk.recorded, redis).verify()).is_identical
