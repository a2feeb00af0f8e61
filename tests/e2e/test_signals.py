"""Signals in a browser: on their way, explained to their end, and answered by a person."""

import re

import httpx2
from playwright.async_api import expect

from loadtest.platform import Platform
from tests.e2e.intents import ended
from tests.e2e.signals import (
    ASKED_SOURCE,
    WATCHED_SOURCE,
    agrees,
    followed,
    price_of_ether,
    publish,
    sent,
    signal_over,
)
from tests.e2e.window import Window


async def test_a_signal_is_explained_to_its_end(window: Window, client: httpx2.AsyncClient) -> None:
    """Sent by a program, seen on its way, and the same document here and there."""
    page = window.page
    await window.open("/signals")
    await window.live()
    signal_id = await sent(client)
    row = page.get_by_role("table", name="All signals, the newest first").get_by_role("row")
    await expect(row.filter(has_text=WATCHED_SOURCE).first).to_contain_text("Open long 0.1 ETH")
    document = await signal_over(client, signal_id)
    await window.open(f"/signal/{signal_id}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Open long 0.1 ETH")
    await expect(page.get_by_role("region", name="Stages")).to_contain_text("Enrich")
    await agrees(window, client, signal_id)
    history = page.get_by_role("region", name="History")
    await expect(history.locator("li")).to_have_count(document["version"])
    if document["state"] != "rejected":
        for decision in document["decisions"]:
            answer = page.get_by_role("article", name=decision["model"])
            await expect(answer).to_contain_text(f"{decision['confidence_pct']}")
        await expect(page.get_by_role("region", name="Features")).to_contain_text("Mid")
    await page.keyboard.press("Escape")
    await page.wait_for_url("**/signals")
    await page.keyboard.press("g")
    await page.keyboard.press("m")
    await page.wait_for_url("**/models")
    await expect(page.locator("main")).to_contain_text("baseline")


async def test_a_signal_that_waits_is_approved_and_traded(
    window: Window, platform: Platform, client: httpx2.AsyncClient
) -> None:
    """Given a signal that its policy would follow, whose source asks a person."""
    page = window.page
    events = followed(await price_of_ether(client))
    await publish(platform, events)
    signal_id = events[0].payload.signal_id
    await window.open("/approvals")
    waiting = page.get_by_role("table", name="Signals that wait for a person")
    row = waiting.get_by_role("row").filter(has_text=ASKED_SOURCE)
    await row.get_by_role("button", name=re.compile("^Approve")).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Approve the signal").click()
    await expect(dialog).to_contain_text("Your answer is kept")
    document = await signal_over(client, signal_id)
    assert document["conclusion"]["outcome"] == "submitted"
    await dialog.get_by_role("button", name="Close").last.click()
    await expect(row).to_have_count(0)
    await window.open(f"/signal/{signal_id}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Submitted")
    intent = await ended(client, document["conclusion"]["intent_id"])
    followed_by = page.get_by_role("region", name="What followed")
    await expect(followed_by).to_contain_text("Completed")
    assert intent["state"] == "completed"
    arithmetic = page.get_by_role("region", name="Arithmetic of the policy")
    await expect(arithmetic).to_contain_text("1 of 1 answered")
    await agrees(window, client, signal_id)
