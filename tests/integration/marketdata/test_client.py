"""The client against every way the provider goes wrong, and its answers shared and weighed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal

import aiohttp
import pytest

from simulators.hyperliquid.answers import DELISTED
from simulators.hyperliquid.faults import Fault, Switched
from tests.integration.marketdata.conftest import Served
from tradewind.contracts.market.model import OrderBook, PerpContext
from tradewind.errors import PermanentError, TransientError
from tradewind.trading.marketdata.errors import (
    ProviderBusy,
    ProviderRefused,
    ProviderUnavailable,
    UnknownCoin,
    WeightSpent,
)
from tradewind.trading.marketdata.hyperliquid import HyperliquidClient, opened_client
from tradewind.trading.marketdata.models import BestPrices
from tradewind.trading.marketdata.port import MarketData
from tradewind.trading.marketdata.settings import ProviderSettings
from tradewind.trading.marketdata.subscriptions import frames
from tradewind.trading.marketdata.weight import MemoryWeight, WeightBudget

BURST = 120
LIMIT = 300
READS: dict[str, Callable[[HyperliquidClient], Awaitable[object]]] = {
    "l2Book": lambda client: client.get_orderbook("ETH", 3),
    "candleSnapshot": lambda client: client.get_ohlcv("ETH", "15m", 250),
    "metaAndAssetCtxs": lambda client: client.get_mark_price("ETH"),
}
NO_DATA: dict[str, type[Exception] | None] = {
    "l2Book": None,
    "candleSnapshot": None,
    "metaAndAssetCtxs": ProviderUnavailable,
}
OUTCOMES: dict[Fault, dict[str, type[Exception] | None]] = {
    Fault.UNPROCESSABLE: dict.fromkeys(READS, ProviderRefused),
    Fault.SERVER_ERROR: dict.fromkeys(READS, ProviderUnavailable),
    Fault.BAD_GATEWAY: dict.fromkeys(READS, ProviderUnavailable),
    Fault.BUSY: dict.fromkeys(READS, ProviderBusy),
    Fault.NOTHING: NO_DATA,
    Fault.EMPTY_BOOK: {"l2Book": None},
    Fault.NOT_JSON: dict.fromkeys(READS, ProviderUnavailable),
    Fault.NONSENSE: dict.fromkeys(READS, ProviderUnavailable),
    Fault.FLOATS: {"l2Book": ProviderUnavailable, "candleSnapshot": ProviderUnavailable},
    Fault.CUT: dict.fromkeys(READS, ProviderUnavailable),
    Fault.SLOW: dict.fromkeys(READS, ProviderUnavailable),
    Fault.AWAY: dict.fromkeys(READS, ProviderUnavailable),
}
"""What a read ends with: an error, or None for `there is no data`."""


@asynccontextmanager
async def client_of(
    served: Served, limit: int = LIMIT, timeout_seconds: float = 30.0
) -> AsyncIterator[HyperliquidClient]:
    settings = ProviderSettings(
        hyperliquid_url=served.url, hyperliquid_timeout_seconds=timeout_seconds
    )
    async with opened_client(settings, WeightBudget(MemoryWeight(), limit)) as client:
        yield client


@pytest.mark.parametrize("fault", OUTCOMES)
async def test_every_fault_has_its_own_outcome_and_passes(fault: Fault, exchange: Served) -> None:
    timeout_seconds = 0.3 if fault is Fault.SLOW else 30.0
    for request_type, expected in OUTCOMES[fault].items():
        async with client_of(exchange, timeout_seconds=timeout_seconds) as client:
            if request_type != "metaAndAssetCtxs":
                await client.contexts()
            switched = Switched(fault, frozenset({request_type}), delay_seconds=1.0)
            exchange.exchange.faults.switch_on(switched)
            if expected is None:
                assert await READS[request_type](client) is None
            else:
                with pytest.raises(expected) as raised:
                    await READS[request_type](client)
                assert type(raised.value) is expected
        exchange.exchange.faults.clear()
        async with client_of(exchange) as again:
            assert await READS[request_type](again) is not None


def test_errors_say_whether_to_ask_again() -> None:
    assert all(issubclass(kind, PermanentError) for kind in (ProviderRefused, UnknownCoin))
    assert all(issubclass(kind, TransientError) for kind in (ProviderBusy, WeightSpent))


async def test_the_seven_questions(exchange: Served) -> None:
    async with client_of(exchange) as client:
        port: MarketData = client
        ticker = await port.get_ticker("BTC")
        assert ticker is not None
        assert ticker.bid < ticker.mid < ticker.ask
        candles = await port.get_ohlcv("BTC", "1h", 250)
        assert candles is not None
        assert len(candles.candles.close) == 250
        assert candles.candles.gaps == 0
        assert candles.candles.last_close_ms <= candles.observed_at.timestamp() * 1_000
        book = await port.get_orderbook("BTC", 3)
        assert book is not None
        assert {level.price % 100 for level in book.book.bids} == {Decimal(0)}
        funding = await port.get_funding_rate("BTC")
        assert funding is not None
        assert (funding.next_at.minute, funding.next_at > funding.observed_at) == (0, True)
        interest = await port.get_open_interest("BTC")
        mark, volume = await port.get_mark_price("BTC"), await port.get_24h_volume("BTC")
        assert interest is not None
        assert mark is not None
        assert volume is not None
        assert interest.usd == interest.coins * mark
    assert exchange.exchange.requests["metaAndAssetCtxs"] == 1


async def test_a_coin_that_is_not_listed_is_not_asked_for(exchange: Served) -> None:
    async with client_of(exchange) as client:
        for coin in ("NONE", "eth", "ETH\n", "xyz:TSLA"):
            for read in (client.get_ticker, client.get_mark_price, client.get_funding_rate):
                with pytest.raises(UnknownCoin):
                    await read(coin)
        assert exchange.exchange.requests == {"metaAndAssetCtxs": 1}
        assert await client.get_ticker(DELISTED) is None
        assert await client.get_funding_rate(DELISTED) is None


async def test_missing_and_late_candles_are_not_hidden(exchange: Served) -> None:
    async with client_of(exchange) as client:
        whole = await client.get_ohlcv("ETH", "1h", 200)
    exchange.exchange.faults.switch_on(Switched(Fault.GAP))
    async with client_of(exchange) as client:
        holed = await client.get_ohlcv("ETH", "1h", 200)
    exchange.exchange.faults.clear()
    exchange.exchange.faults.switch_on(Switched(Fault.LATE_CANDLE))
    async with client_of(exchange) as client:
        late = await client.get_ohlcv("ETH", "1h", 200)
    assert whole is not None
    assert holed is not None
    assert late is not None
    assert (whole.candles.gaps, holed.candles.gaps, late.candles.gaps) == (0, 1, 0)
    assert late.candles.last_close_ms < whole.candles.last_close_ms


async def test_a_stale_book_keeps_its_own_time(exchange: Served) -> None:
    exchange.exchange.faults.switch_on(Switched(Fault.STALE_BOOK))
    times = set()
    for _ in range(3):
        async with client_of(exchange) as client:
            book = await client.get_orderbook("ETH", None)
            assert book is not None
            times.add(book.book.time_ms)
    assert len(times) == 1


async def test_who_asks_the_same_at_once_shares_one_request(exchange: Served) -> None:
    exchange.exchange.faults.switch_on(
        Switched(Fault.SLOW, frozenset({"candleSnapshot"}), delay_seconds=0.2)
    )
    async with client_of(exchange) as client:
        asking = [asyncio.create_task(client.get_ohlcv("ETH", "4h", 250)) for _ in range(BURST)]
        await asyncio.sleep(0.05)
        asking[0].cancel()
        answers = await asyncio.gather(*asking[1:])
        assert all(answer == answers[0] for answer in answers)
    assert exchange.exchange.requests == {"metaAndAssetCtxs": 1, "candleSnapshot": 1}


class VirtualTime:
    """A clock that sleeping moves; who sleeps meanwhile wakes no earlier."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        wake_at = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, wake_at)


async def test_a_burst_of_reads_keeps_the_weight_of_every_minute(
    exchange: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    time, sent = VirtualTime(), list[tuple[float, int]]()

    class NotedBudget(WeightBudget):
        async def spend(self, weight: int, *, wait_seconds: float = 0.0) -> None:
            await super().spend(weight, wait_seconds=wait_seconds)
            sent.append((time.now, weight))

    # The exchange reckons by another clock.
    monkeypatch.setattr(exchange.exchange, "weight_limit", 1_000_000)
    settings = ProviderSettings(hyperliquid_url=exchange.url, hyperliquid_timeout_seconds=30)
    budget = NotedBudget(MemoryWeight(), LIMIT, time, time.sleep)
    async with opened_client(settings, budget, wait_seconds=3_600) as client:
        reads = [
            client.get_ohlcv(("ETH", "BTC", "LINK")[number % 3], "15m", 250 + number)
            for number in range(BURST)
        ]
        answers = await asyncio.gather(*reads)
    assert all(answer is not None for answer in answers)
    assert exchange.exchange.requests["candleSnapshot"] == BURST
    assert sum(weight for _, weight in sent) >= 20 * BURST
    heaviest = max(sum(w for at, w in sent if end - 60 < at <= end) for end, _ in sent)
    assert heaviest <= LIMIT
    async with client_of(exchange, limit=60) as client:
        results = await asyncio.gather(
            *(client.get_ohlcv("ETH", "1h", 100 + number) for number in range(BURST)),
            return_exceptions=True,
        )
    assert {type(one) for one in results if isinstance(one, Exception)} == {WeightSpent}


async def test_the_socket_brings_what_was_subscribed(exchange: Served) -> None:
    kinds = set()
    async with aclosing(frames(exchange.url, ["ETH", "BTC"])) as stream:
        async for frame in stream:
            kinds.add((type(frame), frame.coin))
            if len(kinds) == 6:
                break
    assert kinds == {
        (kind, coin) for kind in (PerpContext, OrderBook, BestPrices) for coin in ("ETH", "BTC")
    }


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.CUT_SOCKETS, "ConnectionClosed"),
        (Fault.AWAY, "ConnectionClosed"),
        (Fault.SILENT_SOCKETS, "silent"),
        (Fault.WRONG_FRAMES, "nonsense"),
    ],
)
async def test_a_socket_that_fails_ends_the_stream(
    fault: Fault, said: str, exchange: Served
) -> None:
    async def follow() -> None:
        async with aclosing(frames(exchange.url, ["ETH"], silent_seconds=1.5)) as stream:
            async for _ in stream:
                exchange.exchange.faults.switch_on(Switched(fault))

    with pytest.raises(ProviderUnavailable, match=said):
        await follow()


async def test_a_wrong_coin_closes_the_socket_for_all(exchange: Served) -> None:
    stream = frames(exchange.url, ["eth"])
    with pytest.raises(ProviderUnavailable, match="ConnectionClosed"):
        await anext(stream)


async def test_faults_are_switched_by_programs_of_this_machine_only(exchange: Served) -> None:
    control = f"{exchange.url}/control"
    async with aiohttp.ClientSession() as session:
        fault = {"fault": "busy", "types": ["l2Book"], "requests": 1}
        async with session.post(control, json=fault) as answer:
            assert (await answer.json())["faults"] == ["busy"]
        async with client_of(exchange) as client:
            with pytest.raises(ProviderBusy):
                await client.get_orderbook("ETH", None)
            assert await client.get_orderbook("ETH", None) is not None
        wrong = {"fault": "busy", "seconds": -1}
        async with session.post(control, json=wrong) as answer:
            assert answer.status == 422
        async with session.delete(control, headers={"Origin": "http://page"}) as answer:
            assert answer.status == 403


async def test_what_is_no_request_is_refused_as_the_real_service_does(exchange: Served) -> None:
    info = f"{exchange.url}/info"
    async with aiohttp.ClientSession() as session:
        async with session.get(info) as answer:
            assert answer.status == 405
        async with session.post(info, data="{}") as answer:
            assert answer.status == 415
        async with session.post(
            info, data="{", headers={"Content-Type": "application/json"}
        ) as one:
            assert one.status == 400
        async with session.post(info, json={"type": "none"}) as answer:
            assert (answer.status, answer.content_type) == (422, "text/plain")
