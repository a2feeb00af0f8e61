"""Bytes that are no event of ours: kept, told, and in nobody's way."""

import json

import asyncpg
import httpx2
import nats
import pytest

from loadtest.platform import Platform
from tests.acceptance.intent_checker import Checker
from tests.support.requests import intent
from tests.support.waiting import wait_until

PATIENCE_SECONDS = 60
PAIR = "ethereum-WETH-USDC.demo"
ULID = "01J5S3Y4PEJHBJ5A7FYHBXQRFG"
ENVELOPE = {
    "eventId": ULID,
    "timestamp": "2025-08-21T19:26:00.000Z",
    "topic": "intent.submitted",
    "correlationId": f"intent-{ULID}",
    "causationId": f"intent-{ULID}",
    "sequence": 1,
    "key": {"instrument": "ethereum-WETH-USDC", "portfolio": "demo"},
    "producer": "stranger",
    "payload": {},
    "version": 1,
}


def poison() -> dict[bytes, str]:
    """Return bytes nobody can read, each with the subject it is published on."""
    return {
        b"garbage \xff\xfe\x00": f"intent.submitted.{PAIR}",
        b"": f"intent.accepted.{PAIR}",
        b"null": f"plan.created.{PAIR}",
        b"[" * 5_000: f"exec.step_submitted.{PAIR}",
        b"x" * 300_000: f"risk.approved.{PAIR}",
        json.dumps(ENVELOPE).encode(): f"intent.submitted.{PAIR}",
        json.dumps(ENVELOPE | {"topic": "intent.imagined"}).encode(): f"intent.imagined.{PAIR}",
        json.dumps(ENVELOPE | {"version": 99}).encode(): f"intent.submitted.{PAIR}",
        json.dumps(ENVELOPE | {"topic": "signal.received"}).encode(): "signal.received._._",
        b'{"topic": "decision.made"}': "decision.made.one.two.three.four",
    }


async def kept_bytes(platform: Platform) -> tuple[set[bytes], set[bytes]]:
    """Return the bodies in quarantine and those among the dead letters."""
    connection = await asyncpg.connect(platform.postgres_dsn)
    try:
        quarantined = await connection.fetch("SELECT body FROM quarantine")
        dead = await connection.fetch("SELECT body FROM dead_letters")
    finally:
        await connection.close()
    return {row["body"] for row in quarantined}, {row["body"] for row in dead}


async def test_what_is_no_event_is_kept_with_its_bytes_and_neighbours_go_on(
    platform: Platform, client: httpx2.AsyncClient
) -> None:
    neighbours = Checker(platform)
    async with await nats.connect(platform.nats_url) as stranger:
        for number, (body, subject) in enumerate(poison().items()):
            await neighbours.send(client, intent(f"neighbour-{number}"))
            await stranger.jetstream().publish(subject, body)
        await neighbours.send(client, intent("neighbour"))

    assert await neighbours.problems(PATIENCE_SECONDS) == []

    async def are_quarantined() -> bool:
        return set(poison()) <= (await kept_bytes(platform))[0]

    await wait_until(are_quarantined, "all of it is in quarantine")
    _, dead = await kept_bytes(platform)
    consumed = {
        body
        for body, subject in poison().items()
        if subject.startswith(
            (
                *("intent.submitted", "risk.screened", "intent.accepted"),
                *("plan.", "exec.step"),
            )
        )
    }
    assert consumed <= dead


@pytest.mark.parametrize("change", ["payload", "sequence"])
async def test_a_forged_copy_of_a_recorded_event_changes_nothing(
    platform: Platform, client: httpx2.AsyncClient, change: str
) -> None:
    checker = Checker(platform)
    intent_id = await checker.send(client, intent("forged"))
    assert await checker.problems(PATIENCE_SECONDS) == []
    before = (await client.get(f"/intents/{intent_id}")).json()
    real = (await checker.stream_messages({f"intent-{intent_id}"}))[-1]
    forged = dict(real.event)
    if change == "payload":
        forged["payload"] = real.event["payload"] | {"amountOut": "1"}
    else:
        forged["sequence"] = 1
    body = json.dumps(forged, separators=(",", ":")).encode()

    async with await nats.connect(platform.nats_url) as stranger:
        await stranger.jetstream().publish(real.subject, body)

        async def is_quarantined() -> bool:
            return body in (await kept_bytes(platform))[0]

        await wait_until(is_quarantined, "the forged event is in quarantine")

    assert (await client.get(f"/intents/{intent_id}")).json() == before
