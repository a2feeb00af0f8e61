"""Sources and hooks in memory, and signals to send."""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from tradewind.keys.hooks import Hook, digest_of

TOKEN: Final = "ab" * 32
SIGNAL: Final[dict[str, Any]] = {
    "event_type": "OPEN_SIGNAL",
    "symbol": "ETH",
    "signal_direction": "long",
    "entry_price": "2000.5",
    "size": "0.5",
    "ts_utc": "2026-11-20T11:59:58.000Z",
    "source": "trend",
}


class MemorySource(NamedTuple):
    """A registered source."""

    strategy_id: str


class MemorySources:
    """Two sources, each of a strategy of its own."""

    def __init__(self) -> None:
        self.known = {"trend": MemorySource("alpha"), "chart": MemorySource("beta")}

    def source(self, name: str) -> MemorySource | None:
        return self.known.get(name)


class MemoryHooks:
    """One hook of the source `chart`; an `error` is raised instead."""

    def __init__(self) -> None:
        at = datetime(2026, 11, 1, tzinfo=UTC)
        hook = Hook("a" * 16, "chart-alerts", "chart", at, "desk")
        self.by_token = {digest_of(TOKEN): hook}
        self.error: Exception | None = None

    async def by_digest(self, digest: bytes) -> Hook | None:
        if self.error is not None:
            raise self.error
        return self.by_token.get(digest)
