"""Signals for benchmarks and load: ideas about what the provider quotes at the moment."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from nats.aio.client import Client
from nats.js.errors import KeyNotFoundError, NotFoundError

from tradewind.contracts.market.model import ObservedContext
from tradewind.contracts.streams import PERP_SNAPSHOTS_BUCKET

SOURCE: Final = "research"
SYMBOL: Final = "ETH"
PRICE_MAX_AGE_SECONDS: Final = 5.0
"""Signals may be 2 % from the market; the simulated provider moves far less in this time."""
_CONTEXT: Final = f"ctx.{SYMBOL}"


def signal_body(number: int, price: Decimal, at: datetime | None = None) -> dict[str, Any]:
    """Return a signal to post; no two numbers make the same one."""
    return {
        "event_type": "OPEN_SIGNAL",
        "symbol": SYMBOL,
        "signal_direction": "long" if number % 2 else "short",
        "entry_price": format(price.quantize(Decimal("0.01")), "f"),
        "size": format(Decimal("0.01") + Decimal(number).scaleb(-8), "f"),
        "ts_utc": (at or datetime.now(UTC)).isoformat(timespec="milliseconds"),
        "source": SOURCE,
    }


class Quotes:
    """What the feed last said of the price."""

    def __init__(self, client: Client) -> None:
        self._jetstream = client.jetstream()
        self._price: Decimal | None = None
        self._read_at = 0.0

    async def price(self) -> Decimal:
        """Return the mark price; LookupError while the feed has said nothing."""
        if self._price is None or time.monotonic() - self._read_at > PRICE_MAX_AGE_SECONDS:
            self._price, self._read_at = await self._read(), time.monotonic()
        return self._price

    async def _read(self) -> Decimal:
        try:
            bucket = await self._jetstream.key_value(PERP_SNAPSHOTS_BUCKET)
            entry = await bucket.get(_CONTEXT)
        except (KeyNotFoundError, NotFoundError) as error:
            raise LookupError(f"the feed has not said anything of {SYMBOL}") from error
        assert entry.value is not None
        return ObservedContext.model_validate_json(entry.value).context.mark_price
