"""Back-tests, prices and the past in a browser, with answers that were written down."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest
from playwright.async_api import expect

from tests.e2e.backtest_answers import (
    BARS,
    DATASET,
    EVENTS,
    FIRST,
    INSTRUMENT,
    RUNNING,
    SECOND,
    START,
    manifest,
    metrics,
)
from tests.e2e.backtest_gateway import gateway_of_backtests
from tests.e2e.recorded import RecordedGateway, recorded_window
from tests.e2e.window import PHONE, WIDE, Window, is_whole
from tradewind.contracts.backtests.payloads import (
    BacktestCompleted,
    BacktestProgressed,
    BacktestRequested,
    RunState,
)
from tradewind.contracts.envelope import AnyEvent, first_event, next_events
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.subjects import EventKey

PAGES: Final = (
    "/backtests",
    "/backtests/new",
    f"/backtest/{FIRST}",
    f"/backtest/{FIRST}/trade/3",
    f"/backtests/compare?a={FIRST}&b={SECOND}",
    "/market",
    f"/time/{EVENTS // 2}",
    "/whatif",
    "/models",
)
HASH: Final = "3f" * 32
LOOKS: Final = ((PHONE, "light"), (WIDE, "dark"))
"""The short form has the one that other pages do not have in theirs."""


@pytest.fixture
def gateway() -> RecordedGateway:
    return gateway_of_backtests()


@pytest.fixture
async def window(gateway: RecordedGateway) -> AsyncIterator[Window]:
    """A window of which the browser has nothing to complain about."""
    async with recorded_window(gateway) as opened:
        yield opened
    assert opened.unexpected == []


def history() -> Sequence[AnyEvent]:
    """Return the events of a run of two slices."""
    state = RunState(
        balances={"USDC": 10_000},
        holdings=(),
        accumulated="{}",
        trades=120,
        equity=Decimal("10400.5"),
        rows_sha256=HASH,
    )
    correlation_id = make_correlation_id(CorrelationKind.BACKTEST, RUNNING)
    requested = first_event(
        BacktestRequested(run_id=RUNNING, manifest=manifest(), manifest_sha256=HASH),
        correlation_id=correlation_id,
        key=EventKey(),
        producer="gateway",
        at=START,
    )
    progressed = [
        BacktestProgressed(
            run_id=RUNNING, slice=slice_, bars_processed=bars, bars_total=BARS, state=state
        )
        for slice_, bars in ((1, 131_040), (2, 209_664))
    ]
    events: list[AnyEvent] = [requested]
    for number, payload in enumerate(progressed, 1):
        at = START + number * timedelta(seconds=2)
        events += next_events(events[-1], [payload], producer="backtester", at=at)
    completed = BacktestCompleted(
        run_id=RUNNING,
        metrics=metrics(),
        result_sha256=HASH,
        signals_sha256=HASH,
        bars_processed=BARS,
    )
    return [*events, *next_events(events[-1], [completed], producer="backtester", at=START)]


@pytest.mark.parametrize(
    ("size", "theme"), LOOKS if is_whole() else LOOKS[:1], ids=lambda one: str(one)
)
async def test_pages_can_be_used_by_everybody(
    gateway: RecordedGateway, size: tuple[int, int], theme: str
) -> None:
    """Nothing axe finds, nothing wider than the window, nothing the browser complains about."""
    wrong: list[str] = []
    async with recorded_window(gateway, size, theme) as window:
        for path in PAGES:
            await window.open(path)
            await window.settled()
            wrong += [f"{path}: {one}" for one in await window.findings()]
            if pixels := await window.sideways_pixels():
                wrong.append(f"{path}: {pixels} pixels wider than the window")
            wrong += [f"{path}: {one}" for one in window.unexpected]
            window.complaints.clear()
    assert wrong == []


async def test_a_run_moves_with_its_events(window: Window, gateway: RecordedGateway) -> None:
    """Before the gateway is asked again, and never backwards."""
    requested, first, second, completed = history()
    page = window.page
    await window.open("/backtests")
    await window.live()
    row = page.get_by_role("row").filter(has_text="half a year")
    bar = row.get_by_role("progressbar")
    await expect(bar).to_have_attribute("aria-valuenow", "37")
    gateway.publish(requested, first)
    await expect(bar).to_have_attribute("aria-valuenow", "50")
    gateway.publish(second, first)
    await expect(bar).to_have_attribute("aria-valuenow", "80")
    await row.get_by_role("link").click()
    await expect(page.get_by_role("region", name="Progress")).to_contain_text("left")
    gateway.publish(completed)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Completed")


async def test_a_result_is_explained_down_to_a_trade(
    window: Window, gateway: RecordedGateway
) -> None:
    page = window.page
    await window.open(f"/backtest/{FIRST}")
    await expect(page.locator("main")).to_contain_text("closed trades are equal")
    chart = page.get_by_role("slider", name=re.compile("Equity and drawdown"))
    await chart.focus()
    await page.keyboard.press("Home")
    await expect(chart).to_have_attribute("aria-valuetext", re.compile("03 Nov 2025"))
    await page.keyboard.press("ArrowRight")
    await expect(chart).to_have_attribute("aria-valuenow", "1")
    trades = page.get_by_role("table", name="Trades")
    await expect(trades.locator("tbody tr")).to_have_count(50)
    await page.get_by_role("button", name="Show older").click()
    await expect(trades.locator("tbody tr")).to_have_count(100)
    await page.get_by_label("Outcome").select_option("reverted")
    await expect(trades.locator("tbody tr")).to_have_count(4)
    await expect(trades).to_contain_text("TOO_LITTLE_RECEIVED")
    await trades.get_by_role("link", name="Explain trade 97").click()
    await page.wait_for_url(f"**/backtest/{FIRST}/trade/97")
    await expect(page.locator("main")).to_contain_text("No money moved")
    await expect(page.get_by_role("region", name="Plan")).to_contain_text("Route")
    await page.keyboard.press("1")
    await expect(page.get_by_role("region", name="History").locator("li")).to_have_count(8)
    await page.keyboard.press("n")
    await page.wait_for_url(f"**/backtest/{FIRST}/trade/98?view=compact")
    await page.keyboard.press("Escape")
    await page.wait_for_url(f"**/backtest/{FIRST}")


async def test_a_sweep_is_asked_for(window: Window, gateway: RecordedGateway) -> None:
    page = window.page
    taken = {
        "run_id": None,
        "sweep_id": SECOND,
        "correlation_id": f"sweep-{SECOND}",
        "status": "queued",
        "reused": False,
    }
    gateway.answer("POST /backtests", taken)
    await window.open("/backtests/new")
    await page.get_by_label("Sweep").check()
    await page.get_by_label("fast", exact=True).fill("5, 9..11")
    await page.get_by_label("Start with").fill("0")
    await page.get_by_role("button", name="Start 4 runs").click()
    await expect(page.locator("main")).to_contain_text("This has to be more than 0.")
    await page.get_by_label("Start with").fill("2500")
    await page.get_by_role("button", name="Start 4 runs").click()
    await page.wait_for_url("**/backtests?sweep=*")
    body = next(body for operation, _, body in gateway.asked if operation == "POST /backtests")
    assert body["strategy"] == {
        "kind": "strategy",
        "name": "ema_cross",
        "params": {"fast": 5, "slow": 21},
    }
    assert body["sweep"] == {"fast": [5, 9, 10, 11]}
    assert (body["instruments"], body["portfolio"]) == ([INSTRUMENT], {"USDC": "2500"})
    assert body["data"] == {"kind": "candles", "dataset": DATASET, "interval": "1m"}


async def test_time_is_moved_through_by_keys(window: Window, gateway: RecordedGateway) -> None:
    """What is passed by is not asked for; where one stands is in the address."""
    page = window.page
    await window.open("/time")
    await page.wait_for_url(f"**/time/{EVENTS}")
    slider = page.get_by_role("slider", name="Event of the ledger")
    await expect(slider).to_have_value(str(EVENTS))
    before = len(gateway.asked)
    await slider.focus()
    for _ in range(30):
        await page.keyboard.press("ArrowLeft")
    await page.wait_for_url(f"**/time/{EVENTS - 30}")
    place = page.get_by_role("region", name="Place in the ledger")
    await expect(place.get_by_role("status")).to_contain_text("2025")
    asked = [one for one, *_ in gateway.asked[before:] if one.startswith("GET /as-of/53")]
    assert asked[-1] == f"GET /as-of/{EVENTS - 30}"
    assert len(set(asked)) == len(asked)
    await page.goto(f"{window.url}/time/120")
    await expect(slider).to_have_value("120")
    await expect(place).to_contain_text(f"of {EVENTS:,}")
    await page.keyboard.press("]")
    await page.wait_for_url("**/time/220")
