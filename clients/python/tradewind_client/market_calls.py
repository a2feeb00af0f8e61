"""The calls about recorded prices."""

from datetime import datetime

from tradewind_client.calls import Call, model_reader
from tradewind_client.resources import Page
from tradewind_client.rest_models import CandlePage, SymbolDocument, TickDocument


def list_ticks(
    symbol: str, since: datetime | None, until: datetime | None, cursor: str | int | None
) -> Call[Page[TickDocument]]:
    query = {"symbol": symbol, "since": _text(since), "until": _text(until), "cursor": cursor}
    return Call("GET", "/market/ticks", model_reader(Page[TickDocument]), query)


def list_candles(
    symbol: str,
    interval: str,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
) -> Call[CandlePage]:
    query = {
        "symbol": symbol,
        "interval": interval,
        "from": _text(since),
        "to": _text(until),
        "limit": limit,
    }
    return Call("GET", "/market/candles", model_reader(CandlePage), query)


def list_symbols(cursor: str | int | None) -> Call[Page[SymbolDocument]]:
    return Call("GET", "/market/symbols", model_reader(Page[SymbolDocument]), {"cursor": cursor})


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
