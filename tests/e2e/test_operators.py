"""What an operator does on the pages, and what else may become of an intent: the long form."""

import asyncio
import re
from typing import Final

import httpx2
import nats
import pytest
from playwright.async_api import expect

from loadtest.platform import Platform
from tests.e2e.intents import all_ended, ended, submitted
from tests.e2e.window import Window, is_whole
from tests.support.paused import paused
from tests.support.requests import intent, intent_mix
from tests.support.waiting import wait_until
from tradewind.contracts.execution.demo_strategies import DemoStrategy

pytestmark = pytest.mark.skipif(not is_whole(), reason="`make e2e` runs the long form")

SUSPENDED_SECONDS: Final = 80
"""By then the gateway has closed the connection of a client that reads nothing."""
MEANWHILE: Final = 60
DEADLINE_SECONDS: Final = 45
"""Long enough for a slow machine to show what is said until then."""
EXPIRED_SECONDS: Final = 2
GARBAGE: Final = b"this is no event"
SUBJECT: Final = "intent.submitted.ethereum-WETH-USDC.demo"


async def test_an_unknown_outcome_is_said_until_it_is_known(
    window: Window, client: httpx2.AsyncClient
) -> None:
    """The venue has the swap and fills nothing, until the intent's deadline has passed."""
    body = intent(DemoStrategy.NEVER_FILLED)
    body["constraints"]["time_window"] = DEADLINE_SECONDS
    intent_id = await submitted(client, body)
    await window.open(f"/intent/{intent_id}")
    heading, main = window.page.get_by_role("heading", level=1), window.page.locator("main")
    await expect(heading).to_contain_text("Outcome unknown")
    await expect(main).to_contain_text("money may have moved")
    await ended(client, intent_id)
    await window.agrees(client, [intent_id])
    await expect(heading).to_contain_text("Failed")
    await expect(main.get_by_role("alert")).to_contain_text("CANCELLED")
    await expect(main).not_to_contain_text("money may have moved")


async def test_an_intent_that_expires_says_so(
    window: Window, platform: Platform, client: httpx2.AsyncClient
) -> None:
    """Given a planner that stands still until its time window has passed."""
    body = intent("late")
    body["constraints"]["time_window"] = 1
    with paused(*platform.role_pids("planner")):
        intent_id = await submitted(client, body)
        await window.open(f"/intent/{intent_id}")
        await asyncio.sleep(EXPIRED_SECONDS)
    await expect(window.page.get_by_role("heading", level=1)).to_contain_text("Expired")
    await expect(window.page.locator("main")).to_contain_text("Its time window closed")
    await expect(window.page.locator("main")).to_contain_text("no money moved")
    await ended(client, intent_id)
    await window.agrees(client, [intent_id])


async def test_trading_is_halted_and_resumed_on_the_page(
    window: Window, client: httpx2.AsyncClient
) -> None:
    page = window.page
    await window.open("/risk")
    await page.get_by_role("button", name=re.compile("^Halt")).first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Reason", exact=True).fill("drill")
    await dialog.get_by_role("button", name="Halt everything").click()
    in_force = page.get_by_role("table", name="Trading states in force")
    await expect(in_force).to_contain_text("drill")
    refused = await ended(client, await submitted(client, intent("halted")))
    assert refused["state"] == "risk_rejected"
    await in_force.get_by_role("button", name="Resume").click()
    await dialog.get_by_label("Reason", exact=True).fill("the drill is over")
    await dialog.get_by_role("button", name="Resume", exact=True).click()
    await expect(page.locator("main")).to_contain_text("Nothing is halted")
    done = await ended(client, await submitted(client, intent("resumed")))
    assert done["state"] == "completed"


async def test_a_dead_letter_is_sent_again_from_the_page(
    window: Window, platform: Platform, client: httpx2.AsyncClient
) -> None:
    async with await nats.connect(platform.nats_url) as stranger:
        await stranger.jetstream().publish(SUBJECT, GARBAGE)

    async def letters() -> list[str]:
        answer = await client.get("/dead-letters", params={"state": "open"})
        return [one["id"] for one in answer.json()["items"]]

    await wait_until(letters, "there is a dead letter")
    letter = (await letters())[0]
    page = window.page
    await window.open(f"/ops/dead-letters?open={letter}")
    await page.get_by_role("button", name="Retry…").click()
    await page.get_by_role("dialog").last.get_by_role("button", name="Retry", exact=True).click()
    done = page.get_by_role("region", name="What was done")
    await expect(done).to_contain_text("system.dead_letter_retried")
    answered = (await client.get(f"/dead-letters/{letter}")).json()
    assert answered["state"] == "retried"


async def test_a_suspended_tab_catches_up(window: Window, client: httpx2.AsyncClient) -> None:
    """Given a renderer that stands still while much happens, it knows all of it afterwards."""
    await window.open("/intents")
    await window.live()
    with paused(*await window.renderer_pids()):
        ids = [await submitted(client, intent_mix(n, f"tab-{n % 5}")) for n in range(MEANWHILE)]
        await all_ended(client, ids)
        await asyncio.sleep(SUSPENDED_SECONDS)
    await window.live()
    await window.agrees(client, ids)
