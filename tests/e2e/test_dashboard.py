"""What a new user does first, in a browser: all of it live, and none of it guessed."""

import os
import re
import signal
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest
from playwright.async_api import expect

from loadtest.platform import Platform
from tests.e2e.intents import all_ended, ended, submitted
from tests.e2e.pages import examples_of, find_examples, page_paths, shown_live, with_views
from tests.e2e.signals import sent, signal_over
from tests.e2e.window import NO_GATEWAY, NOT_FOUND, PHONE, WIDE, Window, is_whole, open_window
from tests.support.requests import intent
from tradewind.contracts.execution.demo_strategies import DemoStrategy

ADDRESS_OF_INTENT = re.compile(r".*/intent/(\w{26})$")
STAGES = ("Submit", "Risk", "Portfolio", "Plan", "Sign", "Send", "Confirm", "Settle")
UNKNOWN_INTENT = "01M8G5E8C33SMXKYM4C561G409"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def test_a_first_trade_is_followed_to_its_end(
    window: Window, client: httpx2.AsyncClient
) -> None:
    """Submitted on the page, completed before somebody's eyes, and the same after a reload."""
    page = window.page
    await window.open("/submit?pair=WETH%2FUSDC")
    await page.get_by_label("Amount", exact=True).fill("0.5")
    await page.get_by_label("Strategy", exact=True).fill("newcomer")
    await page.get_by_role("button", name=re.compile(r"^Buy 0\.5")).click()
    await page.wait_for_url(ADDRESS_OF_INTENT)
    found = ADDRESS_OF_INTENT.fullmatch(page.url)
    assert found is not None
    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_contain_text("Completed")
    await window.agrees(client, [found[1]])
    events = page.get_by_role("region", name="History")
    stages = await events.locator("button[aria-expanded] > :first-child").all_inner_texts()
    assert stages == [one for one in STAGES if one in stages]
    assert {"Submit", "Risk", "Plan", "Send"} <= {*stages}
    await page.get_by_role("tab", name="Compact").click()
    history = (await client.get(f"/intents/{found[1]}/events")).json()["items"]
    lines = events.get_by_role("listitem")
    await expect(lines).to_have_count(len(history))
    shown = [re.sub(r"\s+", " ", text) for text in await lines.all_inner_texts()]
    assert [text.split()[0] for text in shown] == [str(one["sequence"]) for one in history]
    before, address = shown, page.url
    await page.reload()
    await expect(heading).to_contain_text("Completed")
    assert page.url == address
    assert [re.sub(r"\s+", " ", text) for text in await lines.all_inner_texts()] == before


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (intent("explained", amount="100"), ["Refused by risk", "NOTIONAL_LIMIT", "What to do"]),
        (
            intent(DemoStrategy.REFUSING_VENUE),
            ["Execution failed", "VENUE_REFUSED", "no money moved"],
        ),
    ],
    ids=["refused", "failed"],
)
async def test_an_end_is_explained(
    window: Window, client: httpx2.AsyncClient, body: dict[str, Any], words: Sequence[str]
) -> None:
    intent_id = await submitted(client, body)
    await window.open(f"/intent/{intent_id}")
    alert = window.page.locator("main").get_by_role("alert")
    await expect(alert).to_have_count(1)
    for part in words:
        await expect(alert).to_contain_text(part)
    await ended(client, intent_id)
    await window.agrees(client, [intent_id])


async def test_a_killed_gateway_costs_the_page_nothing(
    window: Window, platform: Platform, client: httpx2.AsyncClient
) -> None:
    """Given intents under way, the page knows of each what the gateway knows when it is back."""
    window.allow(NO_GATEWAY)
    await window.open("/intents")
    await window.live()
    before = platform.role_pids("gateway")
    ids = [await submitted(client, intent(DemoStrategy.SLOW_VENUE)) for _ in range(6)]
    os.kill(before[0], signal.SIGKILL)
    await all_ended(client, ids)
    await window.live()
    await window.agrees(client, ids)


LOOKS = [(theme, size) for theme in ("dark", "light") for size in (WIDE, PHONE)]


@pytest.mark.parametrize(
    ("theme", "size"), LOOKS if is_whole() else [LOOKS[0]], ids=lambda one: str(one)
)
async def test_every_page_is_fit_for_everybody(
    platform: Platform, client: httpx2.AsyncClient, theme: str, size: tuple[int, int]
) -> None:
    """No finding of axe, no word in the console, nothing too wide, and each from its top.

    The short form leaves out what `test_backtests` looks at, with more on it than is here.
    """
    await ended(client, await submitted(client, intent("everybody")))
    await signal_over(client, await sent(client))
    wrong: list[str] = []
    async with open_window(platform.url, size, theme) as window:
        examples = await find_examples(client)
        for path in page_paths(with_views(examples)) if is_whole() else shown_live(examples):
            await window.open(path)
            await window.settled()
            wrong += [f"{path}: {one}" for one in await window.findings()]
            if pixels := await window.sideways_pixels():
                wrong.append(f"{path}: {pixels} pixels wider than the window")
            if pixels := await window.page.evaluate("scrollY"):
                wrong.append(f"{path}: opens {pixels} pixels below its top")
            wrong += [f"{path}: {one}" for one in window.unexpected]
            window.complaints.clear()
    assert wrong == []


@pytest.mark.parametrize(
    ("path", "words"),
    [("/nowhere", "no page"), (f"/intent/{UNKNOWN_INTENT}", "No intent has this id")],
    ids=["page", "intent"],
)
async def test_what_does_not_exist_is_said(window: Window, path: str, words: str) -> None:
    window.allow(NOT_FOUND)
    await window.open(path)
    await expect(window.page.get_by_role("heading", level=1)).to_contain_text(words)
    await window.settled()
    assert await window.findings() == []


@pytest.mark.skipif(not is_whole(), reason="`make e2e` runs the long form")
async def test_the_keyboard_goes_anywhere(window: Window, client: httpx2.AsyncClient) -> None:
    intent_id = await submitted(client, intent("keyboard"))
    await ended(client, intent_id)
    page = window.page
    await window.open("/")
    await window.settled()
    await page.keyboard.press("Shift+?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await window.findings() == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("Control+K")
    await page.get_by_role("dialog").get_by_role("combobox").fill(intent_id)
    found = page.get_by_role("dialog").get_by_role("option", name="intent · completed")
    await expect(found).to_have_count(1)
    assert await window.findings() == []
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/intent/{intent_id}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Completed")
    await page.keyboard.press("g")
    await page.keyboard.press("o")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


async def test_each_address_is_a_page_to_a_browser_and_data_to_a_program(
    platform: Platform, client: httpx2.AsyncClient
) -> None:
    for path in page_paths(examples_of(UNKNOWN_INTENT, "demo")):
        page = await client.get(path, headers=BROWSER)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        data = await client.get(path, headers={"Accept": "application/json"})
        assert "json" in data.headers["content-type"]
        assert "Accept" in page.headers["vary"]
        assert "Accept" in data.headers["vary"]
