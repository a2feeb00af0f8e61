"""Reads the provider's answers: lenient about what it adds, strict about what we take.

Every function returns None where the provider says that it has no data, and raises ValueError,
which ValidationError is, for what is not its protocol.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tradewind.trading.marketdata.intervals import from_milliseconds, length_of
from tradewind.trading.marketdata.models import (
    BestPrices,
    BookLevel,
    Candle,
    Candles,
    ListedCoin,
    OrderBook,
    PerpContext,
)

MAX_COINS: Final = 2_000
MAX_MILLISECONDS: Final = 253_402_300_799_999

type Text = str
"""A decimal; the models within say what it may be."""


class _Answer(BaseModel):
    """Part of an answer; what it has beside these fields is of no interest."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Level(_Answer):
    px: Text
    sz: Text
    n: int

    def level(self) -> BookLevel:
        return BookLevel(price=self.px, size=self.sz, orders=self.n)  # type: ignore[arg-type]


class _Book(_Answer):
    coin: str
    time: int = Field(ge=0, le=MAX_MILLISECONDS)
    levels: list[list[_Level]] = Field(min_length=2, max_length=2)


class _BestPrices(_Answer):
    coin: str
    time: int = Field(ge=0, le=MAX_MILLISECONDS)
    bbo: list[_Level | None] = Field(min_length=2, max_length=2)


class _Candle(_Answer):
    t: int = Field(ge=0, le=MAX_MILLISECONDS)
    s: str
    i: str
    o: Text
    h: Text
    l: Text  # noqa: E741
    c: Text
    v: Text
    n: int


class _Listed(_Answer):
    name: str
    szDecimals: int  # noqa: N815
    maxLeverage: int  # noqa: N815
    isDelisted: bool = False  # noqa: N815


class _Context(_Answer):
    funding: Text
    openInterest: Text  # noqa: N815
    prevDayPx: Text  # noqa: N815
    dayNtlVlm: Text  # noqa: N815
    dayBaseVlm: Text | None = None  # noqa: N815
    premium: Text | None = None
    oraclePx: Text  # noqa: N815
    markPx: Text  # noqa: N815
    midPx: Text | None = None  # noqa: N815


class _Meta(_Answer):
    universe: list[_Listed] = Field(max_length=MAX_COINS)


class _CoinContext(_Answer):
    coin: str
    ctx: _Context


_CONTEXTS: Final = TypeAdapter(
    tuple[_Meta, list[_Context]], config=ConfigDict(extra="ignore", strict=False)
)
_CANDLES: Final = TypeAdapter(list[_Candle])


def read_listed(answer: object) -> dict[str, ListedCoin]:
    """Return the coins of a `meta` by name; those with names we do not take are left out."""
    return _listed(_Meta.model_validate(answer))


def read_contexts(
    answer: object, observed_at: datetime
) -> tuple[dict[str, ListedCoin], dict[str, PerpContext]]:
    """Return the coins of a `metaAndAssetCtxs`, and the contexts of those that are traded."""
    meta, contexts = _CONTEXTS.validate_python(answer)
    if len(meta.universe) != len(contexts):
        raise ValueError("there are not as many contexts as coins")
    listed = _listed(meta)
    named = {one.name: context for one, context in zip(meta.universe, contexts, strict=True)}
    return listed, {
        coin: _context(coin, named[coin], observed_at)
        for coin, row in listed.items()
        if not row.is_delisted
    }


def read_context(data: object, observed_at: datetime) -> PerpContext:
    """Return what a frame of `activeAssetCtx` says."""
    parsed = _CoinContext.model_validate(data)
    return _context(parsed.coin, parsed.ctx, observed_at)


def read_book(
    answer: object, observed_at: datetime, significant_figures: int | None
) -> OrderBook | None:
    """Return the book; None for `null`, as of an unknown coin, and for one without a side."""
    if answer is None:
        return None
    book = _Book.model_validate(answer)
    bids, asks = book.levels
    if not bids or not asks:
        return None
    return OrderBook(
        coin=book.coin,
        source_time=from_milliseconds(book.time),
        observed_at=observed_at,
        significant_figures=significant_figures,
        bids=tuple(one.level() for one in bids),
        asks=tuple(one.level() for one in asks),
    )


def read_best(data: object, observed_at: datetime) -> BestPrices | None:
    """Return what a frame of `bbo` says; None where a side is empty."""
    parsed = _BestPrices.model_validate(data)
    bid, ask = parsed.bbo
    if bid is None or ask is None:
        return None
    return BestPrices(
        coin=parsed.coin,
        source_time=from_milliseconds(parsed.time),
        observed_at=observed_at,
        bid=bid.level(),
        ask=ask.level(),
    )


def read_candles(answer: object, coin: str, interval: str, observed_at: datetime) -> Candles | None:
    """Return the closed candles of an answer, whose last one is mostly still open."""
    if answer is None:
        return None
    rows = _CANDLES.validate_python(answer)
    if any((row.s, row.i) != (coin, interval) for row in rows):
        raise ValueError("the candles are of another coin or interval")
    closed = _closed(rows, observed_at - length_of(interval))
    return Candles(coin=coin, interval=interval, candles=closed, observed_at=observed_at)


def _closed(rows: Sequence[_Candle], newest_open: datetime) -> tuple[Candle, ...]:
    moments = ((from_milliseconds(row.t), row) for row in rows)
    return tuple(_candle(opened, row) for opened, row in moments if opened <= newest_open)


def _candle(open_at: datetime, row: _Candle) -> Candle:
    values: dict[str, Any] = {
        "open": row.o,
        "high": row.h,
        "low": row.l,
        "close": row.c,
        "volume": row.v,
        "trades": row.n,
    }
    return Candle(open_at=open_at, **values)


def _listed(meta: _Meta) -> dict[str, ListedCoin]:
    return {
        one.name: ListedCoin(
            coin=one.name,
            size_decimals=one.szDecimals,
            max_leverage=one.maxLeverage,
            is_delisted=one.isDelisted,
        )
        for one in meta.universe
        if one.name.isascii() and one.name.isalnum()
    }


def _context(coin: str, context: _Context, observed_at: datetime) -> PerpContext:
    values: dict[str, Any] = {
        "funding_rate_hourly": context.funding,
        "open_interest": context.openInterest,
        "mark_price": context.markPx,
        "oracle_price": context.oraclePx,
        "mid_price": context.midPx,
        "premium": context.premium,
        "previous_day_price": context.prevDayPx,
        "volume_24h_usd": context.dayNtlVlm,
        "volume_24h": context.dayBaseVlm,
    }
    return PerpContext(coin=coin, observed_at=observed_at, **values)
