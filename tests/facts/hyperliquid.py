"""One example of each answer of Hyperliquid that we read, with every key it has.

Written by hand after the service's own documentation and a probe in September 2026; the numbers
are made up.
"""

from typing import Any, Final

CONTEXT: Final = {
    "funding": "0.0000125",
    "openInterest": "29381.62",
    "prevDayPx": "83120.0",
    "dayNtlVlm": "1169046296.4099",
    "premium": "0.0003168",
    "oraclePx": "84210.0",
    "markPx": "84211.0",
    "midPx": "84211.5",
    "impactPxs": ["84211.0", "84212.0"],
    "dayBaseVlm": "13901.77",
}
DELISTED_CONTEXT: Final = CONTEXT | {"premium": None, "midPx": None, "impactPxs": None}
LISTED: Final = {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56}
DELISTED: Final = {
    "name": "MATIC",
    "szDecimals": 1,
    "maxLeverage": 20,
    "marginTableId": 20,
    "isDelisted": True,
    "onlyIsolated": True,
}
META: Final = {"universe": [LISTED, DELISTED], "marginTables": [], "collateralToken": 0}
LEVEL: Final = {"px": "84211.0", "sz": "0.4123", "n": 3}
BOOK: Final = {"coin": "BTC", "time": 1790000000123, "levels": [[LEVEL], [LEVEL]]}
CANDLE: Final = {
    "t": 1790000100000,
    "T": 1790000999999,
    "s": "BTC",
    "i": "15m",
    "o": "84100.0",
    "c": "84211.0",
    "h": "84250.0",
    "l": "84090.0",
    "v": "41.2",
    "n": 812,
}
FUNDING: Final = {
    "coin": "BTC",
    "fundingRate": "0.0000125",
    "premium": "0.0003",
    "time": 1790000000000,
}
PREDICTED: Final = {
    "fundingRate": "0.0000125",
    "nextFundingTime": 1790000000000,
    "fundingIntervalHours": 1,
}

ANSWERS: Final[dict[str, Any]] = {
    "l2Book": BOOK,
    "candleSnapshot": [CANDLE],
    "meta": META,
    "metaAndAssetCtxs": [META, [CONTEXT, DELISTED_CONTEXT]],
    "fundingHistory": [FUNDING],
    "predictedFundings": [["BTC", [["BinPerp", None], ["HlPerp", PREDICTED], ["BybitPerp", None]]]],
    "exchangeStatus": {"time": 1790000000000, "specialStatuses": None},
}
"""By type of request."""

FRAMES: Final[dict[str, Any]] = {
    "activeAssetCtx": {"coin": "BTC", "ctx": CONTEXT},
    "l2Book": BOOK | {"spread": "1.0"},
    "bbo": {"coin": "BTC", "time": 1790000000123, "bbo": [LEVEL, LEVEL]},
}
"""The data of frames by channel; a book beside `nSigFigs` says its spread."""
