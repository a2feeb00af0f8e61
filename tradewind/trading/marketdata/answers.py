"""Reads the provider's answers: lenient about what it adds, strict about what we take.

Functions return None where the provider says that it has no data. They raise ValueError, which
ValidationError is, for what is not its protocol; `sensible` makes an error of ours of that.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tradewind.contracts.envelope import describe
from tradewind.contracts.market.model import (
    CANDLE_INTERVALS_SECONDS,
    BookLevel,
    CandleSeries,
    Coin,
    OrderBook,
    PerpContext,
    UnixMilliseconds,
)
from tradewind.contracts.wire import DecimalString
from tradewind.trading.marketdata.errors import ProviderUnavailable
from tradewind.trading.marketdata.models import BestPrices, ListedCoin

MAX_COINS: Final = 2_000
MAX_NAME_CHARACTERS: Final = 16


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("must be greater than 0")
    return value


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("must not be negative")
    return value


type _Price = Annotated[DecimalString, AfterValidator(_positive)]
type _Quantity = Annotated[DecimalString, AfterValidator(_not_negative)]


class _Answer(BaseModel):
    """Part of an answer; what it has beside these fields is of no interest."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Level(_Answer):
    px: _Price
    sz: _Quantity

    def level(self) -> BookLevel:
        return BookLevel(price=self.px, size=self.sz)


class _Book(_Answer):
    coin: Coin
    time: UnixMilliseconds
    levels: list[list[_Level]] = Field(min_length=2, max_length=2)


class _BestPrices(_Answer):
    coin: Coin
    time: UnixMilliseconds
    bbo: list[_Level | None] = Field(min_length=2, max_length=2)


class CandleRow(_Answer):
    """A candle as the provider writes it."""

    t: UnixMilliseconds
    s: str
    i: str
    o: _Price
    h: _Price
    l: _Price  # noqa: E741
    c: _Price
    v: _Quantity


class _Listed(_Answer):
    name: str
    szDecimals: int  # noqa: N815
    isDelisted: bool = False  # noqa: N815


class _Context(_Answer):
    funding: DecimalString
    openInterest: _Quantity  # noqa: N815
    prevDayPx: DecimalString  # noqa: N815
    dayNtlVlm: _Quantity  # noqa: N815
    premium: DecimalString | None = None
    oraclePx: DecimalString  # noqa: N815
    markPx: DecimalString  # noqa: N815
    midPx: _Price | None = None  # noqa: N815


class _Meta(_Answer):
    universe: list[_Listed] = Field(max_length=MAX_COINS)


class _CoinContext(_Answer):
    coin: Coin
    ctx: _Context


_ROWS: Final = TypeAdapter(list[Any])
_CANDLES: Final = TypeAdapter(list[CandleRow])


def sensible[Answer](read: Callable[[], Answer]) -> Answer:
    """Return what an answer means; ProviderUnavailable for nonsense, which may pass."""
    try:
        return read()
    except ValidationError as error:
        raise ProviderUnavailable(f"the provider answers nonsense: {describe(error)}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProviderUnavailable(f"the provider answers nonsense: {error}") from None


def read_contexts(answer: object) -> tuple[dict[str, ListedCoin], dict[str, PerpContext]]:
    """Return the coins of a `metaAndAssetCtxs`, and the contexts of those that are traded.

    Coins with names we do not take are left out, and contexts that make no sense: one odd row of
    hundreds must not take the others with it.
    """
    parts = _ROWS.validate_python(answer)
    if len(parts) != 2:
        raise ValueError("there are not two parts")
    meta, contexts = _Meta.model_validate(parts[0]), _ROWS.validate_python(parts[1])
    if len(meta.universe) != len(contexts):
        raise ValueError("there are not as many contexts as coins")
    listed: dict[str, ListedCoin] = {}
    traded: dict[str, PerpContext] = {}
    for row, context in zip(meta.universe, contexts, strict=True):
        if not _is_coin(row.name):
            continue
        listed[row.name] = ListedCoin(row.name, row.szDecimals, row.isDelisted)
        if not row.isDelisted:
            with suppress(ValueError):
                traded[row.name] = _context(row.name, _Context.model_validate(context))
    return listed, traded


def read_context(data: object) -> PerpContext:
    """Return what a frame of `activeAssetCtx` says."""
    parsed = _CoinContext.model_validate(data)
    return _context(parsed.coin, parsed.ctx)


def read_book(answer: object, coin: str | None = None) -> OrderBook | None:
    """Return the book; None for `null`, as of an unknown coin, and for one without a side.

    ValueError for a book of another coin than the one that was asked for.
    """
    if answer is None:
        return None
    book = _Book.model_validate(answer)
    if coin is not None and book.coin != coin:
        raise ValueError("the book is of another coin")
    bids, asks = ([one.level() for one in side] for side in book.levels)
    if not bids or not asks:
        return None
    _check_order([one.price for one in bids], [one.price for one in asks])
    return OrderBook(coin=book.coin, time_ms=book.time, bids=tuple(bids), asks=tuple(asks))


def read_best(data: object) -> BestPrices | None:
    """Return what a frame of `bbo` says; None where a side is empty."""
    parsed = _BestPrices.model_validate(data)
    bid, ask = parsed.bbo
    if bid is None or ask is None:
        return None
    _check_order([bid.px], [ask.px])
    return BestPrices(parsed.coin, parsed.time, bid.level(), ask.level())


def read_candles(answer: object, coin: str, interval: str, now_ms: int) -> CandleSeries | None:
    """Return the candles that are closed by now; the last one of an answer mostly is not."""
    if answer is None:
        return None
    newest_ms = now_ms - CANDLE_INTERVALS_SECONDS[interval] * 1_000
    closed = [row for row in read_candle_rows(answer, coin, interval) if row.t <= newest_ms]
    for row in closed:
        if not row.l <= min(row.o, row.c) <= max(row.o, row.c) <= row.h:
            raise ValueError(f"the candle of {row.t} does not enclose its open and close")
    return CandleSeries(
        coin=coin,
        interval=interval,
        open_times_ms=tuple(row.t for row in closed),
        open=tuple(row.o for row in closed),
        high=tuple(row.h for row in closed),
        low=tuple(row.l for row in closed),
        close=tuple(row.c for row in closed),
        volume=tuple(row.v for row in closed),
    )


def read_candle_rows(answer: object, coin: str, interval: str) -> list[CandleRow]:
    """Return all rows of an answer, the open one among them; ValueError for nonsense."""
    rows = [] if answer is None else _CANDLES.validate_python(answer)
    if any((row.s, row.i) != (coin, interval) for row in rows):
        raise ValueError("the candles are of another coin or interval")
    return rows


def _check_order(bids: Sequence[Decimal], asks: Sequence[Decimal]) -> None:
    if list(bids) != sorted(set(bids), reverse=True) or list(asks) != sorted(set(asks)):
        raise ValueError("the levels are not in the order of their prices, the best first")
    if bids[0] > asks[0]:
        raise ValueError("the best bid is above the best ask")


def _is_coin(name: str) -> bool:
    return name.isascii() and name.isalnum() and len(name) <= MAX_NAME_CHARACTERS


def _context(coin: str, context: _Context) -> PerpContext:
    if context.markPx <= 0 or context.oraclePx <= 0:
        raise ValueError(f"{coin} has no price")
    return PerpContext(
        coin=coin,
        mark_price=context.markPx,
        oracle_price=context.oraclePx,
        mid_price=context.midPx,
        funding_hourly=context.funding,
        open_interest=context.openInterest,
        day_volume_usd=context.dayNtlVlm,
        previous_day_price=context.prevDayPx,
        premium=context.premium,
    )
