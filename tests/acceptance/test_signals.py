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
    correlation_id = f"signal-{answer.json()['signal_id']}"
    events: list[dict[str, Any]] = []

    async def has_ended() -> bool:
        events[:] = await history(client, correlation_id)
        return bool(events) and events[-1]["topic"] in ENDS

    await wait_until(has_ended, f"{correlation_id} ends")
    return events


@pytest.fixture
async def has_data(client: httpx2.AsyncClient, price: Decimal) -> None:
    """Wait until the feed has followed the provider for long enough to enrich a signal."""

    async def is_enriched() -> bool:
        probe = body(price, source="manual", ts_utc=datetime.now(UTC).isoformat())
        end = (await to_its_end(client, probe))[-1]
        if end["topic"] == "signal.rejected":
            assert end["payload"]["reason"] in ("DATA_STALE", "DATA_MISSING"), end
        return bool(end["topic"] == "decision.concluded")

    await wait_until(is_enriched, "a signal is enriched")


@pytest.mark.usefixtures("has_data")
async def test_a_signal_becomes_an_intent_once_and_can_be_told_to_its_fill(
    client: httpx2.AsyncClient, price: Decimal, platform: Platform
) -> None:
    signal = body(price)
    events = await to_its_end(client, signal)
    assert [one["topic"] for one in events] == STAGES
    enriched, made, end = events[1]["payload"], events[2]["payload"], events[-1]["payload"]
    assert {one["interval"] for one in enriched["features"]["frames"]} == {"15m", "1h", "4h"}
    assert (made["model"], made["status"]) == ("baseline", "ok")
    if made["answer"]["decision"] != "FOLLOW_ENTER":
        # The market is seeded by the time, and the scorecard may well be against the signal.
        assert (end["outcome"], "intentId" in end) == ("ignored", False)
        return
    assert end["outcome"] == "submitted"

    async def is_filled() -> bool:
        intent = await client.get(f"/intents/{end['intentId']}")
        return intent.is_success and intent.json()["state"] == "completed"

    await wait_until(is_filled, "the intent completes")
    again = await client.post("/signals", json=signal)
    assert again.json()["signal_id"] == end["signalId"]
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


@pytest.mark.usefixtures("has_data")
async def test_what_is_too_old_too_far_or_unknown_is_refused_with_its_reason(
    client: httpx2.AsyncClient, price: Decimal
) -> None:
    late = (datetime.now(UTC) - timedelta(seconds=301)).isoformat(timespec="milliseconds")
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
