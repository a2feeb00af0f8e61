"""Keeps a copy of what the feed says of perpetual contracts, parsed once per update."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Counter
from pydantic import BaseModel, ValidationError

from actors.enricher.reading import Past
from tradewind.contracts.envelope import describe
from tradewind.contracts.market.keys import (
    BOOK_KIND,
    CANDLES_KIND,
    CONTEXT_KIND,
    INTEREST_KIND,
    book_key,
    candles_key,
    context_key,
    interest_key,
)
from tradewind.contracts.market.model import ObservedBook, ObservedCandles, ObservedContext
from tradewind.contracts.market.payloads import PastInterest

MAX_VALUE_BYTES: Final = 256 * 1024
NEAREST_HOURS: Final = (24, 23, 25, 22, 26)
"""How long ago an open interest may be from, the best first."""
_MODELS: Final[dict[str, type[BaseModel]]] = {
    CONTEXT_KIND: ObservedContext,
    BOOK_KIND: ObservedBook,
    CANDLES_KIND: ObservedCandles,
    INTEREST_KIND: PastInterest,
}

UNREADABLE: Final = Counter(
    "tradewind_perp_snapshots_unreadable",
    "Values of the bucket of perpetual contracts that could not be read.",
    ["kind"],
)

logger = structlog.get_logger("enricher")


class PerpCache:
    """Implements `PerpView`. A value that cannot be read takes the place of the one before it."""

    def __init__(self) -> None:
        self._values: dict[str, BaseModel] = {}
        self._unreadable: dict[str, str] = {}

    def apply(self, key: str, value: bytes) -> None:
        """Take a value of the bucket; one that cannot be read is counted and named."""
        kind = key.partition(".")[0]
        model = _MODELS.get(kind)
        if model is None:
            return
        try:
            if len(value) > MAX_VALUE_BYTES:
                raise ValueError(f"{len(value):,} of {MAX_VALUE_BYTES:,} bytes")
            self._values[key] = model.model_validate_json(value)
        except ValueError as error:
            self._refuse(key, kind, error)
            return
        self._unreadable.pop(key, None)

    def remove(self, key: str) -> None:
        """Forget a value that the feed removed."""
        self._values.pop(key, None)
        self._unreadable.pop(key, None)

    def context(self, coin: str) -> ObservedContext | None:
        """Return the state of a contract."""
        return self._get(context_key(coin), ObservedContext)

    def book(self, coin: str) -> ObservedBook | None:
        """Return the order book of a contract."""
        return self._get(book_key(coin), ObservedBook)

    def candles(self, coin: str, interval: str) -> ObservedCandles | None:
        """Return the closed candles of a time frame."""
        return self._get(candles_key(coin, interval), ObservedCandles)

    def past(self, coin: str, now: datetime) -> Past:
        """Return the open interest of about a day ago, and what cannot be read of the contract."""
        keys = (interest_key(coin, now - timedelta(hours=hours)) for hours in NEAREST_HOURS)
        found = (self._get(key, PastInterest) for key in keys)
        interest = next((one for one in found if one is not None), None)
        errors = [text for key, text in self._unreadable.items() if key.split(".")[1:2] == [coin]]
        return Past(interest, tuple(sorted(errors)))

    def _get[M: BaseModel](self, key: str, model: type[M]) -> M | None:
        value = self._values.get(key)
        return value if isinstance(value, model) else None

    def _refuse(self, key: str, kind: str, error: ValueError) -> None:
        UNREADABLE.labels(kind).inc()
        if key not in self._unreadable:
            text = describe(error) if isinstance(error, ValidationError) else str(error)
            logger.warning("a snapshot cannot be read", key=key[:128], error=text)
        self._unreadable[key] = f"{kind}_unreadable"
        self._values.pop(key, None)
