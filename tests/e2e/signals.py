"""Sends signals beside the page, and waits for what becomes of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import httpx2
import nats

from loadtest.platform import Platform
from tests.e2e.window import Window
from tests.support.dashboard_signals import Composer, followed_by_baseline
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.wire import format_timestamp

OVER: Final = {"concluded", "rejected", "expired", "declined"}
ASKED_SOURCE: Final = "asked"
WATCHED_SOURCE: Final = "watched"
SIGNAL_POLICY: Final = f"""
sources:
  {ASKED_SOURCE}: {{strategy_id: asked, mode: approve, profile: trend_follow_v1, policy: all}}
  {WATCHED_SOURCE}: {{strategy_id: watched, mode: observe, profile: full_v1, policy: all}}
policies:
  all: {{threshold: 0.5}}
"""
"""The sources of signals in these tests: one whose signals a person has to approve, and one that is
only observed."""


def followed(price: str) -> Sequence[AnyEvent]:
    """Return what the enricher and the evaluator would record where baseline follows for sure.

    Their own events have the same ids, so the broker takes each once.
    """
    signal = {"source": ASKED_SOURCE, "entry_price": price, "size": "0.1"}
    one = Composer(datetime.now(UTC) - timedelta(seconds=1), 0, signal, [], strategy_id="asked")
    followed_by_baseline(one, price)
    return one.events


async def publish(platform: Platform, events: Sequence[AnyEvent]) -> None:
    async with await nats.connect(platform.nats_url) as stranger:
        stream = stranger.jetstream()
        for event in events:
            message_id = {"Nats-Msg-Id": event.event_id}
            await stream.publish(event.subject, event.to_bytes(), headers=message_id)


async def price_of_ether(client: httpx2.AsyncClient) -> str:
    """Return the price that the simulated market follows, once it is known."""
    found: list[str] = []

    async def is_known() -> bool:
        tokens = (await client.get("/tokens")).json()["tokens"]
        found[:] = [one["price_usd"] for one in tokens if one["symbol"] == "WETH"]
        return any(found)

    await wait_until(is_known, "the price of WETH is known")
    return f"{Decimal(found[0]):.2f}"


async def sent(client: httpx2.AsyncClient) -> str:
    """Send a signal as its source would; return its id."""
    body = {
        "event_type": "OPEN_SIGNAL",
        "symbol": "ETH",
        "signal_direction": "long",
        "entry_price": await price_of_ether(client),
        "size": "0.1",
        "source": WATCHED_SOURCE,
        "ts_utc": format_timestamp(datetime.now(UTC)),
    }
    answer = await client.post("/signals", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["signal_id"])


async def signal_over(client: httpx2.AsyncClient, signal_id: str) -> dict[str, Any]:
    """Return the document of a signal that has come to its end."""
    document: dict[str, Any] = {}

    async def is_over() -> bool:
        document.update((await client.get(f"/signals/{signal_id}")).json().get("signal", {}))
        return document.get("state") in OVER

    await wait_until(is_over, f"{signal_id} has ended")
    return document


async def agrees(window: Window, client: httpx2.AsyncClient, signal_id: str) -> None:
    """Wait until the page's document of a signal is the one that the gateway answers."""

    async def is_same() -> bool:
        known = await window.page.evaluate("(id) => tradewind.signals.get(id)", signal_id)
        answered = (await client.get(f"/signals/{signal_id}")).json()["signal"]
        return bool(known) and {**known, "incarnation": ""} == {**answered, "incarnation": ""}

    await wait_until(is_same, f"the page knows what the gateway knows of {signal_id}")
