"""Which coins are followed: those of the file that the provider lists and trades."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from tradewind.runtime import clock
from tradewind.trading.marketdata.hyperliquid import HyperliquidClient
from tradewind.trading.marketdata.perpetuals import Perpetuals

LIST_SECONDS: Final = 3_600.0

logger = structlog.get_logger("feeds")


class FollowedCoins:
    """Checks the file against the provider's list every hour.

    A name the provider does not list closes its socket for all, so none goes there unchecked.
    """

    def __init__(
        self,
        perpetuals: Perpetuals,
        client: HyperliquidClient,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._perpetuals = perpetuals
        self._client = client
        self._now = now
        self._listed: tuple[str, ...] = ()
        self._checked_at: datetime | None = None
        self._named: set[str] = set()

    async def get(self) -> tuple[str, ...]:
        """Return the coins to follow; ProviderUnavailable or WeightSpent when that is not known."""
        now = self._now()
        if self._checked_at is None or now - self._checked_at > timedelta(seconds=LIST_SECONDS):
            listed = (await self._client.contexts()).listed
            wanted = self._perpetuals.coins
            traded = {name for name, row in listed.items() if not row.is_delisted}
            self._listed = tuple(coin for coin in wanted if coin in traded)
            self._checked_at = now
            self._name(set(wanted) - traded)
        return self._listed

    def _name(self, missing: set[str]) -> None:
        for coin in sorted(missing - self._named):
            logger.warning("a perpetual of the file is not traded", coin=coin)
        self._named = missing
