"""A role, a read model, a venue and topics of nobody's go through the real platform.

They are declared in test code alone (tests/support/toys) and registered in the tables the product's
own stand in: nothing else of the product knows of them.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx2
import pytest
from redis.asyncio import Redis

from loadtest.platform import SIMULATED, Platform, running_platform
from tests.support import toys
from tests.support.directories import open_directory
from tests.support.requests import intent
from tests.support.waiting import wait_until
from tradewind.contracts.ids import make_ulid
from tradewind.runtime import connect

CALLS: Final = 60
INSTRUMENTS: Final = ("ethereum-WETH-USDC", "ethereum-WBTC-USDC", "ethereum-LINK-USDC")
SITE: Final = Path(toys.__file__).parent / "site"
REGISTERED: Final = SIMULATED | {"PYTHONPATH": str(SITE), "TRADEWIND_VENUE": toys.TOY}
MAKE_CALL: Final = """
import sys
from datetime import datetime
from tests.support.toys.contracts import SignalCalled
from tradewind.contracts.envelope import first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.subjects import EventKey
for line in sys.stdin:
    identifier, instrument, at, words = line.split(" ", 3)
    event = first_event(
        SignalCalled(words=words.strip()),
        correlation_id=make_correlation_id(CorrelationKind.SIGNAL, identifier),
        key=EventKey(instrument=instrument, portfolio="toys"),
        producer="tests",
        at=datetime.fromisoformat(at),
    )
    print(event.subject, event.to_bytes().decode())
"""


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with (
        open_directory("toys") as directory,
        running_platform(directory / "data", REGISTERED) as running,
    ):
        yield running


@pytest.fixture
async def database(platform: Platform) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(platform.postgres_dsn)
    yield connection
    await connection.close()


def with_toys(platform: Platform, *command: str, given: str = "") -> str:
    """Run a command that knows the toys, too."""
    environment = os.environ | REGISTERED | {"TRADEWIND_DATA_DIR": str(platform.data_directory)}
    done = subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def calls(platform: Platform) -> dict[str, tuple[str, bytes]]:
    """Return by identifier the subject and bytes of the events that open the toys' histories."""
    at = datetime.now(UTC)
    identifiers = [
        make_ulid(int(at.timestamp() * 1_000), number.to_bytes(10)) for number in range(CALLS)
    ]
    lines = "".join(
        f"{one} {INSTRUMENTS[number % len(INSTRUMENTS)]} {at.isoformat()} call {number}\n"
        for number, one in enumerate(identifiers)
    )
    made = with_toys(platform, sys.executable, "-c", MAKE_CALL, given=lines).splitlines()
    pairs = (line.split(" ", 1) for line in made)
    return {
        one: (subject, body.encode())
        for one, (subject, body) in zip(identifiers, pairs, strict=True)
    }


async def recorded(database: asyncpg.Connection, kind: str) -> dict[str, list[Any]]:
    """Return the histories of a kind as the ledger has them."""
    rows = await database.fetch(
        "SELECT correlation_id, sequence, topic, instrument, payload, global_seq FROM events "
        "WHERE correlation_id LIKE $1 ORDER BY global_seq",
        f"{kind}-%",
    )
    histories: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        histories[row["correlation_id"]].append(row)
    return histories


async def test_an_intent_is_executed_at_the_toy_venue(
    platform: Platform, database: asyncpg.Connection
) -> None:
    async with httpx2.AsyncClient(base_url=platform.url, timeout=30) as client:
        answer = await client.post("/intents", json=intent("toy-trader"))
        intent_id = answer.json()["intent_id"]

        async def is_completed() -> bool:
            return bool((await client.get(f"/intents/{intent_id}")).json()["state"] == "completed")

        await wait_until(is_completed)
    (history,) = (
        rows for name, rows in (await recorded(database, "intent")).items() if intent_id in name
    )
    started = next(json.loads(row["payload"]) for row in history if row["topic"] == "exec.started")
    assert started["venue"] == toys.TOY
    assert history[-1]["topic"] == "exec.completed"


async def test_the_toy_role_handles_its_topics_in_order_and_its_documents_are_right(
    platform: Platform, database: asyncpg.Connection
) -> None:
    opened = calls(platform)
    async with await connect(platform.nats_url, name="toys") as broker:
        for subject, body in opened.values():
            await broker.jetstream.publish(subject, body)

        async def is_recorded() -> bool:
            histories = await recorded(database, "signal")
            return sum(len(rows) == 3 for rows in histories.values()) == CALLS

        await wait_until(is_recorded)
        stored = await broker.jetstream.get_last_msg("EVENTS", "signal.called.>")
        assert len(str(stored.subject).split(".")) == 6, "an ordered queue group needs partitions"
    histories = await recorded(database, "signal")
    by_instrument: dict[str, list[Any]] = defaultdict(list)
    for rows in histories.values():
        assert [row["topic"] for row in rows] == [
            "signal.called",
            "signal.answered",
            "signal.closed",
        ]
        by_instrument[rows[1]["instrument"]].append(rows)
    for same_key in by_instrument.values():
        called = [rows[0]["global_seq"] for rows in same_key]
        answered = [rows[1]["global_seq"] for rows in same_key]
        assert sorted(range(len(called)), key=called.__getitem__) == sorted(
            range(len(answered)), key=answered.__getitem__
        )
    await _documents_are_right(platform, list(opened))
    told = with_toys(
        platform, str(Path(sys.executable).with_name("tradewind")), "rebuild", "--verify"
    )
    assert "every byte is as the ledger says" in told


async def _documents_are_right(platform: Platform, identifiers: list[str]) -> None:
    async with Redis.from_url(platform.redis_url) as redis:

        async def are_closed() -> bool:
            texts = await redis.mget([f"note:{one}" for one in identifiers])
            return all(text and json.loads(text)["stage"] == "closed" for text in texts)

        await wait_until(are_closed)
        note = json.loads(await redis.get(f"note:{identifiers[7]}") or "{}")
        assert note["words"] == "HELLO, CALL 7"


async def test_readiness_measures_the_toy_role(platform: Platform) -> None:
    async with httpx2.AsyncClient(base_url=platform.url, timeout=30) as client:
        ready = (await client.get("/ready")).json()
    assert all(f'"{durable}"' in json.dumps(ready) for durable in ("toy-answerers", "toy-closers"))
