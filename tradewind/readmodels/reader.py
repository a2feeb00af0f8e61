"""Reads documents from Redis, and folds them from the ledger where Redis has none."""

from redis.asyncio import Redis

from tradewind.contracts.documents import (
    IntentDocument,
    IntentPage,
    PlanDocument,
    PositionsDocument,
)
from tradewind.contracts.lifecycles import IntentState
from tradewind.ledger.reader import LedgerReader


class ReadModelReader:
    """Answers from the cache when it can and from the truth when it must.

    Every method raises TransientError when Redis has no answer and PostgreSQL is away.
    """

    def __init__(self, redis: Redis, ledger: LedgerReader) -> None:
        self._redis = redis
        self._ledger = ledger

    async def intent(self, intent_id: str) -> IntentDocument | None:
        """Return an intent, or None when the ledger has never heard of it."""
        raise NotImplementedError

    async def plan(self, plan_id: str) -> PlanDocument | None:
        """Return a plan, or None when the ledger has never heard of it."""
        raise NotImplementedError

    async def positions(self, strategy_id: str) -> PositionsDocument | None:
        """Return what a strategy holds, or None when it never had a fill."""
        raise NotImplementedError

    async def intents(
        self,
        state: IntentState | None = None,
        strategy_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> IntentPage:
        """Return intents, newest first, older than `cursor` (an intent id) only."""
        raise NotImplementedError
