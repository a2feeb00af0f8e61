"""The answers of `/info`, as the real service gives them (signals.md 1.1)."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from simulators.hyperliquid import figures
from simulators.hyperliquid.market import INTERVALS, MAX_CANDLES, Bar, SimulatedMarket
from simulators.hyperliquid.walk import noise

DELISTED: Final = "OLDCOIN"
"""A coin that is listed, and not traded any more."""
SIZE_DECIMALS: Final = {"BTC": 5, "ETH": 4, "LINK": 1}
HALF_SPREAD: Final = 0.00005
LEVELS: Final = 20
LEVEL_USD: Final = 60_000.0
HOUR: Final = 3_600
MAX_FUNDING_ROWS: Final = 500
SPOT_DOLLAR: Final = "USDC"


class Unprocessable(ValueError):
    """The request has the wrong shape: 422."""


class UnknownCoin(ValueError):
    """A coin that is not listed, where the real service answers 500."""


class Answers:
    """Answers by type of request. `book_at` says of which second a book is."""

    def __init__(self, market: SimulatedMarket, book_at: Callable[[], float]) -> None:
        self._market = market
        self._book_at = book_at
        self._by_type: Mapping[str, Callable[[dict[str, Any]], Any]] = {
            "allMids": lambda _: self.all_mids(),
            "l2Book": lambda body: self.book(_coin(body), _figures(body)),
            "candleSnapshot": self._candles,
            "meta": lambda _: self.meta(),
            "metaAndAssetCtxs": lambda _: self.contexts(),
            "predictedFundings": lambda _: self.predicted_fundings(),
            "fundingHistory": self._funding_history,
            "exchangeStatus": lambda _: {"time": self._now_ms(), "specialStatuses": None},
            "spotMetaAndAssetCtxs": lambda _: self.spot(),
        }

    def of(self, body: Any) -> Any:
        """Return the answer to a request; Unprocessable or UnknownCoin."""
        if not isinstance(body, dict):
            raise Unprocessable
        answer = self._by_type.get(body.get("type", ""))
        if answer is None:
            raise Unprocessable
        return answer(body)

    def all_mids(self) -> dict[str, str]:
        """Return the mid of every coin, spot pairs among them."""
        mids = {coin: figures.price(self._market.mid(coin)) for coin in self._market.coins}
        return mids | {"@107": "38.4", "PURR/USDC": "0.19"}

    def book(self, coin: str, significant: int | None) -> dict[str, Any] | None:
        """Return the book; None for an unknown coin, no levels for a delisted one."""
        time_ms = int(self._book_at() * 1_000)
        if coin == DELISTED:
            return {"coin": coin, "time": time_ms, "levels": [[], []]}
        if coin not in self._market.coins:
            return None
        mid = self._market.past(coin, self._book_at())
        book = {
            "coin": coin,
            "time": time_ms,
            "levels": [self._side(coin, mid, significant, sign) for sign in (-1, 1)],
        }
        if significant is not None:
            book["spread"] = figures.price(2 * mid * HALF_SPREAD)
        return book

    def best(self, coin: str) -> dict[str, Any]:
        """Return the best prices, as `bbo` gives them."""
        book = self.book(coin, None)
        assert book is not None
        return {
            "coin": coin,
            "time": book["time"],
            "bbo": [side[0] if side else None for side in book["levels"]],
        }

    def context(self, coin: str) -> dict[str, Any]:
        """Return the state of a coin."""
        if coin == DELISTED:
            return _delisted()
        market = self._market
        mid, now = market.mid(coin), market.clock()
        minute = now // 60
        premium = (noise(coin, "premium", minute) - 0.5) / 1_000
        interest = 40e6 * (0.8 + 0.4 * noise(coin, "interest", minute // 5)) / mid
        volume = 40e6 * (0.9 + 0.2 * noise(coin, "volume", minute))
        decimals = SIZE_DECIMALS.get(coin, 0)
        return {
            "funding": figures.plain(f"{premium / 8 + 0.0000125:.10f}"),
            "openInterest": figures.size(interest, decimals),
            "prevDayPx": figures.price(market.past(coin, now - 86_400)),
            "dayNtlVlm": figures.size(volume, 6),
            "premium": figures.plain(f"{premium:.10f}"),
            "oraclePx": figures.price(mid * (1 - premium / 10)),
            "markPx": figures.price(mid),
            "midPx": figures.price(mid),
            "impactPxs": [
                figures.price(mid * (1 - 2 * HALF_SPREAD)),
                figures.price(mid * (1 + 2 * HALF_SPREAD)),
            ],
            "dayBaseVlm": figures.size(volume / mid, decimals),
        }

    def meta(self) -> dict[str, Any]:
        """Return the list of coins."""
        universe = [
            {
                "name": coin,
                "szDecimals": SIZE_DECIMALS.get(coin, 0),
                "maxLeverage": 40,
                "marginTableId": 56,
            }
            for coin in self._market.coins
        ]
        old = {"name": DELISTED, "szDecimals": 1, "maxLeverage": 3, "marginTableId": 3}
        universe.append(old | {"isDelisted": True, "onlyIsolated": True})
        return {"universe": universe, "marginTables": [], "collateralToken": 0}

    def contexts(self) -> list[Any]:
        """Return the list of coins and their states, in the same order."""
        meta = self.meta()
        return [meta, [self.context(row["name"]) for row in meta["universe"]]]

    def predicted_fundings(self) -> list[Any]:
        """Return the funding here and elsewhere; the time is that of the settlement before."""
        hour = int(self._market.clock() // HOUR * HOUR * 1_000)
        rows: list[Any] = []
        for coin in self._market.coins:
            rate = self.context(coin)["funding"]
            own = {"fundingRate": rate, "nextFundingTime": hour, "fundingIntervalHours": 1}
            rows.append([coin, [["BinPerp", None], ["HlPerp", own], ["BybitPerp", None]]])
        return rows

    def spot(self) -> list[Any]:
        """Return one spot pair: enough to be mistaken for a perpetual."""
        token = {"name": SPOT_DOLLAR, "szDecimals": 8, "weiDecimals": 8, "index": 0}
        pair = {"tokens": [1, 0], "name": "@107", "index": 107, "isCanonical": False}
        context = {
            "coin": "@107",
            "dayNtlVlm": "1.0",
            "markPx": "38.4",
            "midPx": "38.4",
            "prevDayPx": "38.0",
            "circulatingSupply": "1.0",
        }
        return [{"tokens": [token], "universe": [pair]}, [context]]

    def candle(self, coin: str, interval: str, opened_at: int) -> dict[str, Any]:
        """Return one candle."""
        seconds = INTERVALS[interval]
        return _candle(coin, interval, opened_at, self._market.bar(coin, opened_at, seconds))

    def _candles(self, body: dict[str, Any]) -> Any:
        request = body.get("req")
        if not isinstance(request, dict):
            raise Unprocessable
        coin, interval = _coin(request), request.get("interval")
        if interval not in INTERVALS:
            raise Unprocessable
        start, end = (_time(request, name) for name in ("startTime", "endTime"))
        if coin not in self._market.coins:
            return []
        seconds = INTERVALS[interval]
        newest = int(min(end / 1_000, self._market.clock()) // seconds) * seconds
        oldest = max(math.ceil(start / 1_000 / seconds) * seconds, newest - MAX_CANDLES * seconds)
        return [self.candle(coin, interval, at) for at in range(oldest, newest + 1, seconds)]

    def _funding_history(self, body: dict[str, Any]) -> Any:
        coin, start = _coin(body), _time(body, "startTime")
        if coin not in self._market.coins:
            raise UnknownCoin
        end = min(body.get("endTime") or self._now_ms(), self._now_ms())
        first = math.ceil(start / 1_000 / HOUR) * HOUR
        hours = range(first, int(end / 1_000) + 1, HOUR)[:MAX_FUNDING_ROWS]
        return [
            {
                "coin": coin,
                "fundingRate": figures.plain(f"{(noise(coin, hour) - 0.4) / 20_000:.10f}"),
                "premium": figures.plain(f"{(noise(coin, hour) - 0.5) / 1_000:.10f}"),
                "time": hour * 1_000,
            }
            for hour in hours
        ]

    def _side(self, coin: str, mid: float, significant: int | None, sign: int) -> list[Any]:
        """Return the levels of a side: -1 for bids. Rounding adds up what is between two prices."""
        unit = figures.step(mid, significant or figures.PRICE_FIGURES)
        best = mid * (1 + sign * HALF_SPREAD)
        nearest = math.floor(best / unit) if sign < 0 else math.ceil(best / unit)
        second = int(self._book_at())
        levels = []
        for number in range(LEVELS):
            at = (nearest + sign * number) * unit
            if at <= 0:
                break
            usd = LEVEL_USD * (0.5 + noise(coin, second // 5, sign, number)) * (1 + number / 4)
            decimals = SIZE_DECIMALS.get(coin, 0)
            text = figures.price(at, significant or figures.PRICE_FIGURES)
            levels.append({"px": text, "sz": figures.size(usd / mid, decimals), "n": 1 + number})
        return levels

    def _now_ms(self) -> int:
        return int(self._market.clock() * 1_000)


def _candle(coin: str, interval: str, opened_at: int, bar: Bar) -> dict[str, Any]:
    return {
        "t": opened_at * 1_000,
        "T": (opened_at + INTERVALS[interval]) * 1_000 - 1,
        "s": coin,
        "i": interval,
        "o": figures.price(bar.open),
        "c": figures.price(bar.close),
        "h": figures.price(bar.high),
        "l": figures.price(bar.low),
        "v": figures.size(bar.volume, SIZE_DECIMALS.get(coin, 0)),
        "n": bar.trades,
    }


def _delisted() -> dict[str, Any]:
    return {
        "funding": "0.0",
        "openInterest": "0.0",
        "prevDayPx": "1.2",
        "dayNtlVlm": "0.0",
        "premium": None,
        "oraclePx": "1.2",
        "markPx": "1.2",
        "midPx": None,
        "impactPxs": None,
        "dayBaseVlm": "0.0",
    }


def _coin(body: dict[str, Any]) -> str:
    coin = body.get("coin")
    if not isinstance(coin, str):
        raise Unprocessable
    return coin


def _figures(body: dict[str, Any]) -> int | None:
    significant = body.get("nSigFigs")
    if significant not in (None, 2, 3, 4, 5) or isinstance(significant, bool):
        raise Unprocessable
    return significant


def _time(body: dict[str, Any], name: str) -> int:
    """Return a time in milliseconds: one in seconds is refused as the real service does."""
    value = body.get(name)
    if type(value) is not int or value < 0:
        raise Unprocessable
    return value
