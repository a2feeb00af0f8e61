"""A signal is enriched, judged, concluded, and becomes an intent; each stage says why."""

import json
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from loadtest.platform import Platform
from tests.e2e.signals import publish
from tests.support.dashboard_signals import Composer, followed_by_baseline
from tests.support.waiting import wait_until

TRADEWIND: Final = Path(sys.executable).with_name("tradewind")
STAGES: Final = [
    "signal.received",
    "signal.enriched",
    "decision.made",
    "signal.evaluated",
    "decision.concluded",
]
ENDS: Final = {"decision.concluded", "signal.rejected"}


@pytest.fixture
async def price(client: httpx2.AsyncClient) -> Decimal:
    """What the simulated provider quotes, because it follows the platform's own pools."""
    pools = (await client.get("/market/pools")).json()["pools"]
    return next(
        Decimal(one["price"]) for one in pools if (one["base"], one["quote"]) == ("WETH", "USDC")
    )


def body(price: Decimal, **changes: Any) -> dict[str, Any]:
    """Return `open a long of 0.01 ETH`."""
    values = {
        "event_type": "OPEN_SIGNAL",
        "symbol": "ETH",
        "signal_direction": "long",
        "entry_price": format(price.quantize(Decimal("0.01")), "f"),
        "size": "0.01",
        "ts_utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "source": "research",
    }
    return values | changes


async def history(client: httpx2.AsyncClient, correlation_id: str) -> list[dict[str, Any]]:
    """Return the events of a history so far, as they were recorded."""
    wanted = {"correlation_id": correlation_id, "order": "oldest_first"}
    answer = await client.get("/events", params=wanted)
    return [one["event"] for one in answer.json()["items"]] if answer.is_success else []


async def to_its_end(client: httpx2.AsyncClient, signal: dict[str, Any]) -> list[dict[str, Any]]:
    """Post a signal and return its whole history."""
    answer = await client.post("/signals", json=signal)
    assert answer.status_code == 201, answer.text
    return await concluded(client, f"signal-{answer.json()['signal_id']}")


async def concluded(client: httpx2.AsyncClient, correlation_id: str) -> list[dict[str, Any]]:
    """Return the whole history of a signal, once it has ended."""
    events: list[dict[str, Any]] = []

    async def has_ended() -> bool:
        events[:] = await history(client, correlation_id)
        return bool(events) and events[-1]["topic"] in ENDS

    await wait_until(has_ended, f"{correlation_id} ends")
    return events


async def enriched_signal(client: httpx2.AsyncClient, price: Decimal) -> dict[str, Any]:
    """Return a signal that the enricher did not reject; right after the start data is missing."""
    sent: list[dict[str, Any]] = []

    async def is_enriched() -> bool:
        sent.append(body(price))
        end = (await to_its_end(client, sent[-1]))[-1]
        if end["topic"] == "signal.rejected":
            assert end["payload"]["reason"] in {"DATA_MISSING", "DATA_STALE"}, end["payload"]
        return bool(end["topic"] != "signal.rejected")

    await wait_until(is_enriched, "a signal is enriched")
    return sent[-1]


async def test_a_signal_is_enriched_judged_and_concluded_once(
    client: httpx2.AsyncClient, price: Decimal
) -> None:
    """Given a market that is seeded by the time, then the scorecard may be for it or against it."""
    signal = await enriched_signal(client, price)
    events = await to_its_end(client, signal)
    assert [one["topic"] for one in events] == STAGES
    enriched, made, end = events[1]["payload"], events[2]["payload"], events[-1]["payload"]
    assert {one["interval"] for one in enriched["features"]["frames"]} == {"15m", "1h", "4h"}
    assert (made["model"], made["status"]) == ("baseline", "ok")
    is_followed = made["answer"]["decision"] == "FOLLOW_ENTER"
    assert (end["outcome"], "intentId" in end) == (
        ("submitted", True) if is_followed else ("ignored", False)
    )
    again = await client.post("/signals", json=signal)
    assert again.json()["signal_id"] == end["signalId"]


async def test_a_signal_that_is_followed_becomes_an_intent_and_can_be_told_to_its_fill(
    client: httpx2.AsyncClient, price: Decimal, platform: Platform
) -> None:
    """Given what the evaluator would tell of a model that follows for sure."""
    signal = {"source": "research", "entry_price": f"{price:.2f}", "size": "0.01"}
    begun_at = datetime.now(UTC) - timedelta(seconds=1)
    told_of = Composer(begun_at, 0, signal, [], strategy_id="paper-research")
    followed_by_baseline(told_of, f"{price:.2f}")
    await publish(platform, told_of.events)
    events = await concluded(client, told_of.events[0].correlation_id)
    assert [one["topic"] for one in events] == STAGES
    end = events[-1]["payload"]
    assert end["outcome"] == "submitted"

    async def is_filled() -> bool:
        intent = await client.get(f"/intents/{end['intentId']}")
        return intent.is_success and intent.json()["state"] == "completed"

    await wait_until(is_filled, "the intent completes")
    told = await create_subprocess_exec(
        str(TRADEWIND),
        *("explain", f"signal-{end['signalId']}"),
        env={"TRADEWIND_DATA_DIR": str(platform.data_directory)},
        stdout=PIPE,
    )
    text = (await told.communicate())[0].decode()
    assert told.returncode == 0
    for word in (*STAGES, "intent.submitted", "exec.step_filled"):
        assert word in text


async def test_what_is_too_old_too_far_or_unknown_is_refused_with_its_reason(
    client: httpx2.AsyncClient, price: Decimal
) -> None:
    late = (datetime.now(UTC) - timedelta(seconds=301)).isoformat(timespec="milliseconds")
    # Before the market is known, that is the reason for what is too far from it.
    await enriched_signal(client, price)
    for signal, reason in (
        (body(price, ts_utc=late), "TOO_OLD"),
        (body(price * Decimal("1.03")), "PRICE_DRIFT"),
    ):
        assert (await to_its_end(client, signal))[-1]["payload"]["reason"] == reason
    unknown = await client.post("/signals", json=body(price, symbol="NOPE"))
    assert unknown.status_code == 422
    assert "symbol" in json.dumps(unknown.json()["errors"])


async def test_fifty_equal_posts_are_one_signal(client: httpx2.AsyncClient, price: Decimal) -> None:
    signal = body(price, source="manual", size="0.02")
    answers = [await client.post("/signals", json=signal) for _ in range(50)]
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["signal_id"] for one in answers}) == 1
