"""A history that was exported shows the same documents and timeline on an empty platform."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from pydantic import SecretStr

from tests.conftest import TEMPLATE_DATABASE
from tests.integration.gateway.support import running_gateway
from tests.settings import Settings
from tests.support.arrivals import arrive, incoming, respelled
from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import open_pool
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.projection.projector import Projector
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.redis import open_redis

STRATEGIES = ("alpha-0", "alpha-1")
HISTORIES = [History(number, strategy_id=STRATEGIES[number % 2]) for number in range(1, 8)]


def recorded() -> list[list[AnyEvent]]:
    """Return histories of several outcomes, one of them not ended."""
    completed, parts, failed, rejected, expired, cancelled, open_one = HISTORIES
    no = RiskRejected(
        intent_id=rejected.intent_id, reason=RiskRejectionReason.NOTIONAL_LIMIT, detail="too much"
    )
    return [
        completed.completed(),
        parts.completed(fills=3),
        failed.events(*failed.until_submitted(), failed.failure("reverted")),
        rejected.events(no),
        expired.events(*expired.until_planned(), expired.expiry()),
        cancelled.events(cancelled.approved(), cancelled.cancellation()),
        open_one.events(*open_one.until_submitted(), open_one.fill(0, 2)),
    ]


@pytest.fixture
async def elsewhere(settings: Settings, servers: Servers) -> AsyncIterator[Settings]:
    """Return the settings of another platform, with an empty ledger of its own."""
    name = urlsplit(settings.postgres_dsn.get_secret_value()).path[1:] + "_elsewhere"
    administrator = await asyncpg.connect(servers.postgres_dsn)
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE_DATABASE}")
    dsn = urlsplit(servers.postgres_dsn)._replace(path=f"/{name}").geturl()
    # a template's row is older than the copies made of it: an empty platform names its own history
    database = await asyncpg.connect(dsn)
    await database.execute("UPDATE writer SET incarnation = incarnation || '-elsewhere'")
    await database.close()
    yield settings.model_copy(update={"postgres_dsn": SecretStr(dsn)})
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await administrator.close()


async def tradewind(settings: Settings, *arguments: str) -> None:
    """Run a command on a platform."""
    addresses = {
        "TRADEWIND_NATS_URL": settings.nats_url,
        "TRADEWIND_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
        "TRADEWIND_REDIS_URL": settings.redis_url.get_secret_value(),
    }
    command = Path(sys.executable).with_name("tradewind")
    process = await asyncio.create_subprocess_exec(
        command, *arguments, env=os.environ | addresses, stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0


async def answers(settings: Settings) -> dict[str, bytes]:
    """Return everything the gateway says about the histories, byte for byte."""
    paths = ["/intents?limit=200", "/intents?state=completed"]
    paths += [f"/positions/{strategy_id}" for strategy_id in STRATEGIES]
    for history in HISTORIES:
        paths += [
            f"/intents/{history.intent_id}",
            f"/intents/{history.intent_id}/events",
            f"/plans/{history.plan_id}",
        ]
    async with running_gateway(settings) as running:
        found = {path: await running.client.get(path) for path in paths}
    missing = {path for path, answer in found.items() if answer.status_code == 404}
    assert missing == {f"/plans/{HISTORIES[place].plan_id}" for place in (3, 5)}
    return {path: one.content for path, one in found.items() if path not in missing}


async def project(settings: Settings) -> str:
    """Write the read models as a coordinator does; return the history's incarnation."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value())
    redis = open_redis(settings.redis_url.get_secret_value())
    reader = LedgerReader(pool)
    await redis.flushall()
    await Projector(reader, DocumentStore(redis)).catch_up()
    assert (await Rebuild(reader, redis).verify()).is_identical
    await redis.aclose()
    incarnation = (await reader.position()).incarnation
    await pool.close()
    return incarnation


async def record(settings: Settings, histories: Sequence[Sequence[AnyEvent]]) -> None:
    """Record histories side by side, and the last event spelled as another program would."""
    *others, (*started, last) = histories
    sides = [*others, started]
    pool = await open_pool(settings.postgres_dsn.get_secret_value())
    for number in range(max(map(len, sides))):
        await Ledger(pool).append(arrive([one[number] for one in sides if number < len(one)]))
    await Ledger(pool).append([incoming(last.subject, respelled(last))])
    await pool.close()


def uncounted(shown: dict[str, bytes]) -> dict[str, bytes]:
    """Return answers as they are without an index: how many there are is not known then."""
    return {path: re.sub(rb'"total":\d+', b'"total":null', text) for path, text in shown.items()}


async def test_documents_and_timeline_are_the_same_elsewhere(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    await record(settings, recorded())
    incarnation = await project(settings)
    shown = await answers(settings)
    path = str(tmp_path / "all.history")
    await tradewind(settings, "history", "export", "--since", "2020-01-01", "-o", path)
    await tradewind(elsewhere, "history", "import", path)
    for read_from in ("documents", "ledger"):
        other = await project(elsewhere)
        assert other != incarnation
        if read_from == "ledger":
            async with open_redis(elsewhere.redis_url.get_secret_value()) as redis:
                await redis.flushall()
        found = await answers(elsewhere)
        # a document names the copy of the history it was folded from; all else is the same
        told = {
            path: text.replace(other.encode(), incarnation.encode()) for path, text in found.items()
        }
        assert told == (shown if read_from == "documents" else uncounted(shown))
