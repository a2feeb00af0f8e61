"""A window of Chromium on the dashboard, which remembers all it had to complain about."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
from playwright.async_api import ConsoleMessage, Page, async_playwright, expect

from tests.support.waiting import wait_until
from tradewind import CHECKOUT

DIST: Final = CHECKOUT / "web" / "dist"
AXE: Final = CHECKOUT / "web" / "node_modules" / "axe-core" / "axe.min.js"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE_MS: Final = 120_000
WIDE: Final = (1440, 900)
PHONE: Final = (390, 844)
REFUSED_FORM: Final = re.compile(r"Failed to load resource: .* 422 ")
REFUSED_SOCKET: Final = re.compile(r"WebSocket connection to .* failed")
BUSY: Final = re.compile(r"Failed to load resource: .* 50[34] ")
"""A gateway says so when the machine is too slow for it, and the page asks again."""
LOGGED_BY_CHROMIUM: Final = (REFUSED_FORM, REFUSED_SOCKET, BUSY)
"""What no page can keep the browser from saying."""
NOT_FOUND: Final = re.compile(r"Failed to load resource: .* 404 ")
NO_GATEWAY: Final = re.compile(r"Failed to load resource: net::ERR_")
AXE_TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_WATCH: Final = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
_DOCUMENTS: Final = """() => {
  const { order } = tradewind.use.getState();
  return order.map((id) => tradewind.documents.get(id));
}"""


def is_whole() -> bool:
    """Return whether the long form of these tests was asked for, by `make e2e`."""
    return os.environ.get("E2E") == "whole"


def missing() -> str | None:
    """Return why no window can be opened here; None when one can."""
    if browser() is None:
        return "there is no Chromium: install the distribution's package `chromium`"
    if not Path(DIST, "index.html").exists():
        return "the dashboard is not built: install Node.js >= 20.19 with npm, run `make setup`"
    return None


def browser() -> str | None:
    """Return the path of the distribution's Chromium."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@dataclass
class Window:
    """One page, and what it complained about."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    allowed: list[re.Pattern[str]] = field(default_factory=lambda: list(LOGGED_BY_CHROMIUM))

    def allow(self, *patterns: re.Pattern[str]) -> None:
        """Take these messages of the browser for granted in this test."""
        self.allowed += patterns

    @property
    def unexpected(self) -> Sequence[str]:
        """What was said in the console, or thrown, that nobody allowed."""
        return [
            text
            for text in self.complaints
            if not any(pattern.search(text) for pattern in self.allowed)
        ]

    async def open(self, path: str) -> None:
        """Go to a page, as from the address bar."""
        await self.page.goto(self.url + path)
        await self.page.locator("h1").first.wait_for()

    async def live(self) -> None:
        """Wait until the page follows the stream."""
        status = "() => tradewind.use.getState().standing.status === 'live'"
        await self.page.wait_for_function(status)

    async def settled(self) -> None:
        """Wait until the page follows the stream and has read all it shows."""
        await self.live()
        await self.page.wait_for_load_state("networkidle")
        await expect(self.page.locator("main [aria-busy=true]")).to_have_count(0)

    async def documents(self) -> dict[str, Any]:
        """Return every document of an intent that the page knows, by id."""
        known = await self.page.evaluate(_DOCUMENTS)
        return {one["intent_id"]: _without_incarnation(one) for one in known}

    async def agrees(self, client: httpx2.AsyncClient, ids: Sequence[str]) -> None:
        """Wait until the page's documents of these intents are those that the gateway answers.

        All of each but its incarnation, which tells what life of the database kept it: the page
        folds events, and those do not know.
        """
        differing: list[str] = list(ids)

        async def all_agree() -> bool:
            shown = await self.documents()
            for intent_id in tuple(differing):
                answered = (await client.get(f"/intents/{intent_id}")).json()
                if shown.get(intent_id) == _without_incarnation(answered):
                    differing.remove(intent_id)
            return not differing

        await wait_until(all_agree, f"the page knows what the gateway knows of {differing}")

    async def renderer_pids(self) -> Sequence[int]:
        """Return the processes that run the page."""
        running = self.page.context.browser
        assert running is not None
        session = await running.new_browser_cdp_session()
        processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
        return [int(one["id"]) for one in processes if one["type"] == "renderer"]

    async def findings(self) -> Sequence[str]:
        """Return what axe finds on the page."""
        await self.page.evaluate(AXE.read_text())
        found = await self.page.evaluate(
            "(tags) => axe.run({runOnly: tags}).then(({violations}) => violations)", [*AXE_TAGS]
        )
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]

    async def sideways_pixels(self) -> int:
        """Return by how much the page is wider than its window."""
        pixels: int = await self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return pixels


@asynccontextmanager
async def open_window(
    url: str, size: tuple[int, int] = WIDE, theme: str = "dark"
) -> AsyncIterator[Window]:
    """Yield a window without a page; it has a profile of its own."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=browser())
        context = await running.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(_WATCH)
        window = Window(await context.new_page(), url)
        window.page.on("console", lambda message: _note(window, message))
        window.page.on("pageerror", lambda error: window.complaints.append(f"thrown: {error}"))
        yield window
        await running.close()


def _without_incarnation(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "incarnation"}


def _note(window: Window, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        window.complaints.append(f"{message.text} ({message.location['url']})")
