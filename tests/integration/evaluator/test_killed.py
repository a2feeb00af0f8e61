"""Evaluators that are killed at every place from the claim to the acknowledgement."""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from actors.evaluator import asking, evaluation
from tests.integration.evaluator.vendor_server import VendorServer, vendor_server
from tests.settings import Settings
from tests.support.canary import Canary
from tests.support.evaluations import enriched
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.roles import EVALUATOR_WORKERS, Role, partitions_needed
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.failpoints import VARIABLE as FAILPOINTS
from tradewind.runtime import NatsConnection, clock, connect, declare_streams, execution
from tradewind.trading.evaluations.store import LOST
from tradewind.trading.models.file import VARIABLE as MODELS_FILE

API_KEY = "TRADEWIND_COMPATIBLE_API_KEY"
PLACES = (
    evaluation.CLAIMED,
    asking.BEFORE_CALL,
    asking.AFTER_CALL,
    evaluation.ANSWERED,
    evaluation.DECIDED,
    execution.DECISION_KEPT,
    execution.DECISION_PUBLISHED,
)
LOSING = 3
"""So many of these places are before the answer is kept."""
MODELS = """
models:
  - {{name: baseline, vendor: baseline, role: voting}}
  - name: stub
    vendor: openai_compatible
    vendor_model: stub-1
    role: voting
    base_url: {base_url}
    timeout_ms: 6000
    api_key: compatible_api_key
"""


@pytest.fixture
async def connection(nats_url: str) -> AsyncIterator[NatsConnection]:
    async with await connect(nats_url, name="tests") as opened:
        await declare_streams(opened, partitions=partitions_needed())
        yield opened


@asynccontextmanager
async def processes(
    canary: Canary, environment: dict[str, str], *failpoints: str
) -> AsyncIterator[list[Process]]:
    """Run an evaluator for each of these; what still runs is stopped at the end."""
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "actors", Role.EVALUATOR),
            env=os.environ | environment | {API_KEY: canary.key} | {FAILPOINTS: one},
            stderr=PIPE,
        )
        for one in failpoints
    ]
    try:
        yield started
    finally:
        for process in started:
            if process.returncode is None:
                process.terminate()
        for process in started:
            _, log = await process.communicate()
            assert canary.in_bytes(log) == []
            assert process.returncode in (0, -9), log.decode()


async def publish(connection: NatsConnection, signals: Sequence[AnyEvent]) -> None:
    """Publish without ids, so that the broker takes each for a new message."""
    for one in signals:
        await connection.jetstream.publish(one.subject, one.to_bytes(), timeout=PATIENCE_SECONDS)


async def all_handled(connection: NatsConnection) -> None:
    async def is_done() -> bool:
        info = await connection.jetstream.consumer_info(EVENTS_STREAM, EVALUATOR_WORKERS.durable)
        return not info.num_pending and not info.num_ack_pending

    await wait_until(is_done, "every message is acknowledged")


async def told(connection: NatsConnection) -> dict[str, list[bytes]]:
    """Return the bodies of every event of the evaluator, by event id."""
    jetstream, found = connection.jetstream, defaultdict[str, list[bytes]](list)
    last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
    for number in range(1, last + 1):
        body = (await jetstream.get_msg(EVENTS_STREAM, number)).data or b""
        event = parse_event(body)
        if event.producer == Role.EVALUATOR:
            found[event.event_id].append(body)
    return found


def environment_of(settings: Settings, vendor: VendorServer, directory: Path) -> dict[str, str]:
    path = directory / "models.yaml"
    path.write_text(MODELS.format(base_url=vendor.base_url))
    return {
        "TRADEWIND_NATS_URL": settings.nats_url,
        "TRADEWIND_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
        "TRADEWIND_MODEL_DEADLINE_MS": "6000",
        MODELS_FILE: str(path),
    }


async def nothing_kept_has_the_key(settings: Settings, canary: Canary) -> None:
    kept = await asyncpg.connect(settings.postgres_dsn.get_secret_value())
    for table in ("evaluations", "model_budgets", "decided"):
        rows = await kept.fetch(f"SELECT * FROM {table}")
        assert rows
        assert canary.in_bytes(pickle.dumps([tuple(row) for row in rows])) == []
    await kept.close()


def lost_is_what_was_not_kept(events: Sequence[AnyEvent]) -> None:
    made = [one.payload for one in events if getattr(one.payload, "model", "") == "stub"]
    ends = Counter((one.status, one.detail) for one in made)
    # On a machine that is too busy a process may hear its answer too late.
    assert set(ends) - {("timeout", asking.TOO_LATE)} == {("ok", None), ("timeout", LOST)}
    assert ends["timeout", LOST] >= LOSING


async def test_a_killed_evaluator_asks_once_and_its_heir_tells_the_same(
    settings: Settings, connection: NatsConnection, canary: Canary, tmp_path: Path
) -> None:
    """Given two copies of each signal and a kill at each place, then no model is asked twice."""
    signals: list[AnyEvent] = []
    async with vendor_server() as vendor:
        environment = environment_of(settings, vendor, tmp_path)
        kills = [f"{place}=kill" for place in PLACES]
        async with processes(canary, environment, *kills) as doomed:

            async def have_died() -> bool:
                if any(process.returncode is None for process in doomed):
                    number = len(signals) + 1
                    signals.append(enriched(number, at=clock.now(), size=Decimal(number)))
                    await publish(connection, [signals[-1]] * 2)
                    await asyncio.sleep(1)
                return all(process.returncode is not None for process in doomed)

            await wait_until(have_died, "every process was killed")
        async with processes(canary, environment, "") as _:
            await all_handled(connection)
            first = await told(connection)
            await publish(connection, signals)
            await all_handled(connection)
            again = await told(connection)
    await nothing_kept_has_the_key(settings, canary)
    asked = Counter(one["signal"]["size"] for one in vendor.asked)
    assert set(asked.values()) == {1}, "a model was asked twice, or never"
    assert vendor.keys == {f"bearer {canary.key}"}
    assert set(first) == set(again)
    assert all(len(set(bodies)) == 1 for bodies in again.values()), "it was told otherwise"
    events = [parse_event(bodies[0]) for bodies in again.values()]
    assert Counter(one.topic for one in events) == {
        "decision.made": 2 * len(signals),
        "signal.evaluated": len(signals),
    }
    assert {one.correlation_id for one in events} == {one.correlation_id for one in signals}
    lost_is_what_was_not_kept(events)
    assert canary.in_bytes(b"\n".join(body for bodies in again.values() for body in bodies)) == []
