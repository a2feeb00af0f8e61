"""Ticks, candles and symbols as clients see them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from gateway.routes import candles, market
from tests.unit.gateway.memory_market import KEY, TICKS
from tests.unit.gateway.recorded_answers import RECORDED, REQUEST_ID, of_response
from tests.unit.gateway.support import GatewayHarness
from tradewind.errors import TransientError

NOW = datetime(2026, 11, 20, 12, 0, 45, tzinfo=UTC)
CANDLES = "/market/candles?symbol=WETH/USDC"


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fixed:
        now = staticmethod(lambda: NOW)

    monkeypatch.setattr(candles, "clock", Fixed)
    monkeypatch.setattr(market, "clock", Fixed)


@pytest.fixture
def gateway() -> GatewayHarness:
    return GatewayHarness()


async def ask(gateway: GatewayHarness, path: str) -> httpx2.Response:
    async with gateway.client() as client:
        return await client.get(path, headers=REQUEST_ID)


async def test_pages_of_ticks_have_each_once(gateway: GatewayHarness) -> None:
    seen: list[int] = []
    path = "/market/ticks?symbol=WETH/USDC&limit=2"
    cursor = ""
    while True:
        page = (await ask(gateway, path + cursor)).json()
        seen += [one["sequence"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [one.sequence for one in TICKS]
    until = TICKS[1].time.isoformat().replace("+00:00", "Z")
    page = (await ask(gateway, f"{path}&since={until}")).json()
    assert [one["sequence"] for one in page["items"]] == [9, 8]


async def test_the_newest_candles_are_asked_for_by_default(gateway: GatewayHarness) -> None:
    document = (await ask(gateway, f"{CANDLES}&interval=5m&limit=3")).json()
    assert [one["time"] for one in document["items"]] == [
        f"2026-11-20T{time}:00.000Z" for time in ("11:50", "11:55", "12:00")
    ]
    assert [one["closed"] for one in document["items"]] == [True, True, False]
    assert document["gaps"] == []


async def test_gaps_are_said_but_not_the_candle_that_goes_on(gateway: GatewayHarness) -> None:
    minute = timedelta(minutes=1)
    begin = NOW.replace(second=0)
    gateway.recorded.missing = {begin - number * minute for number in (0, 2, 3, 6)}
    document = (await ask(gateway, f"{CANDLES}&interval=1m&limit=7")).json()
    assert document["gaps"] == [
        {"from": "2026-11-20T11:54:00.000Z", "to": "2026-11-20T11:55:00.000Z"},
        {"from": "2026-11-20T11:57:00.000Z", "to": "2026-11-20T11:59:00.000Z"},
    ]


@pytest.mark.parametrize(
    ("query", "since", "count"),
    [
        ("from=2026-11-20T10:30:01Z", "11:00", 2),
        ("from=2026-11-20T09:00:00Z&limit=2", "09:00", 2),
        ("from=2026-11-20T09:00:00Z&to=2026-11-20T10:00:01Z", "09:00", 2),
        ("to=2026-11-20T09:00:00Z&limit=1", "08:00", 1),
        ("from=9999-12-31T00:00:00Z", "13:00", 0),
        ("to=0001-01-01T00:00:00Z&limit=1", "23:00", 1),
    ],
)
async def test_a_stretch_holds_the_candles_that_begin_in_it(
    gateway: GatewayHarness, query: str, since: str, count: int
) -> None:
    answer = await ask(gateway, f"{CANDLES}&interval=1h&{query}")
    assert answer.status_code == 200
    (wanted,) = gateway.recorded.asked
    assert wanted.since.strftime("%H:%M") == since
    assert (wanted.until - wanted.since) // timedelta(hours=1) == count


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{CANDLES}&interval=7m", "INTERVAL_NOT_AVAILABLE"),
        (f"{CANDLES}", "INVALID_PARAMETER"),
        (f"{CANDLES}&interval=1m&limit=1501", "INVALID_PARAMETER"),
        (f"{CANDLES}&interval=1m&from=2026-11-20&to=2026-11-20", "INVALID_PARAMETER"),
        ("/market/candles?symbol=A/B&interval=1m", "SYMBOL_NOT_FOUND"),
        ("/market/ticks", "INVALID_PARAMETER"),
        ("/market/ticks?symbol=%20", "INVALID_PARAMETER"),
        ("/market/ticks?symbol=WETH/USDC&cursor=7-x", "INVALID_PARAMETER"),
        ("/market/ticks?symbol=WETH/USDC&cursor=7-99999999999999999999", "INVALID_PARAMETER"),
        ("/market/symbols?cursor=a.b", "INVALID_PARAMETER"),
    ],
)
async def test_what_is_wrong_is_named(gateway: GatewayHarness, path: str, code: str) -> None:
    answer = await ask(gateway, path)
    assert answer.status_code in (400, 404)
    assert answer.json()["code"] == code


async def test_symbols_have_their_newest_price_and_status(gateway: GatewayHarness) -> None:
    page = (await ask(gateway, "/market/symbols?limit=1")).json()
    assert [one["instrument"] for one in page["items"]] == ["ethereum-DAI-USDC"]
    page = (await ask(gateway, f"/market/symbols?cursor={page['next_cursor']}")).json()
    (found,) = page["items"]
    assert (found["instrument"], found["status"], found["stale"]) == (KEY, "enabled", False)
    assert found["from"] < found["to"] == found["last_time"]
    assert page["next_cursor"] is None


ANSWERS: dict[str, str] = {
    "an interval of which there are no candles": f"{CANDLES}&interval=7m",
    "more candles than an answer holds": f"{CANDLES}&interval=1m&from=2026-11-18&to=2026-11-20",
    "a symbol nothing was recorded of": "/market/ticks?symbol=WETH/NOPE",
    "ticks": "/market/ticks?symbol=WETH/USDC&limit=1",
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_answers_stay_as_they_were(gateway: GatewayHarness, name: str) -> None:
    answer: Any = of_response(await ask(gateway, ANSWERS[name]))
    assert answer == RECORDED[name]


@pytest.mark.parametrize("path", ["ticks?symbol=X", f"candles?symbol={KEY}&interval=1m", "symbols"])
async def test_an_outage_is_said_without_its_reason(gateway: GatewayHarness, path: str) -> None:
    gateway.recorded.error = TransientError("secret")
    answer = await ask(gateway, f"/market/{path}")
    assert (answer.status_code, answer.json()["code"]) == (503, "READ_UNAVAILABLE")
    assert "secret" not in answer.text
