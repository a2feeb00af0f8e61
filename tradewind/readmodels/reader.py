"""Reads documents from Redis, and folds them from the ledger where Redis has none."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.documents import MAX_PAGE_SIZE, IntentDocument, IntentPage
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.plans.documents import PlanDocument
from tradewind.contracts.portfolio.documents import PositionsDocument
from tradewind.contracts.read_model import ReadModel
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels import keys
from tradewind.readmodels.fold import fold
from tradewind.readmodels.recorded import RecordedReadModels
from tradewind.readmodels.store import parse_mark

DEFAULT_PAGE_SIZE: Final = 50
MAX_SCANNED: Final = 2_000
"""Intents a listing from the ledger looks at before it hands over what it has."""


class ReadModelReader:
    """Answers from the cache when it can and from the truth when it must.

    Every method raises TransientError when Redis has no answer and PostgreSQL is away.
    """

    def __init__(self, redis: Redis, ledger: LedgerReader) -> None:
        self._redis = redis
        self._ledger = ledger
        self._recorded = RecordedReadModels(ledger)

    async def intent(self, intent_id: str) -> IntentDocument | None:
        """Return an intent, or None when the ledger has never heard of it."""
        cached = await self._cached(keys.intent_key(intent_id), IntentDocument)
        if cached is not None:
            return cached
        return await self._recorded.intent(intent_id)

    async def plan(self, plan_id: str) -> PlanDocument | None:
        """Return a plan, or None when the ledger has never heard of it."""
        cached = await self._cached(keys.plan_key(plan_id), PlanDocument)
        if cached is not None:
            return cached
        return await self._recorded.plan(plan_id)

    async def positions(self, strategy_id: str) -> PositionsDocument | None:
        """Return what a strategy holds, or None when it never had a fill."""
        cached = await self._cached(keys.positions_key(strategy_id), PositionsDocument)
        if cached is not None:
            return cached
        return await self._recorded.positions(strategy_id)

    async def intents(
        self,
        state: IntentState | None = None,
        strategy_id: str | None = None,
        cursor: str | None = None,
        limit: int = DEFAULT_PAGE_SIZE,
    ) -> IntentPage:
        """Return intents, newest first, older than `cursor` (an intent id) only.

        A page may be short before the last one; only `next_cursor` says whether there is more.
        """
        limit = max(1, min(limit, MAX_PAGE_SIZE))
        page = await self._list_cached(state, strategy_id, cursor, limit)
        if page is None:
            page = await self._list_recorded(state, strategy_id, cursor, limit)
        return page

    async def _cached[D: ReadModel](self, key: str, model: type[D]) -> D | None:
        try:
            mark_text, rebuild, text = await self._redis.mget(keys.MARK_KEY, keys.REBUILD_KEY, key)
        except (RedisError, OSError):
            return None
        mark, document = parse_mark(mark_text), _parse(model, text)
        if (
            rebuild is not None
            or mark is None
            or document is None
            or document.incarnation != mark.incarnation
        ):
            return None
        return document

    async def _list_cached(
        self, state: IntentState | None, strategy_id: str | None, cursor: str | None, limit: int
    ) -> IntentPage | None:
        newest = f"({cursor}" if cursor else "+"
        try:
            mark_text, rebuild = await self._redis.mget(keys.MARK_KEY, keys.REBUILD_KEY)
            mark = parse_mark(mark_text)
            if rebuild is not None or mark is None or not mark.complete:
                return None
            index = keys.index_key(mark.incarnation, state, strategy_id)
            found = await self._redis.zrevrangebylex(index, newest, "-", 0, limit + 1)
            ids = [str(name, "ascii") if isinstance(name, bytes) else name for name in found]
            texts = await self._redis.mget(map(keys.intent_key, ids[:limit])) if ids else []
        except (RedisError, OSError):
            return None
        documents = [_parse(IntentDocument, text) for text in texts]
        if any(one is None or one.incarnation != mark.incarnation for one in documents):
            return None
        listed = tuple(one for one in documents if one and state in (None, one.state))
        return IntentPage(items=listed, next_cursor=ids[limit - 1] if len(ids) > limit else None)

    async def _list_recorded(
        self, state: IntentState | None, strategy_id: str | None, cursor: str | None, limit: int
    ) -> IntentPage:
        incarnation = (await self._ledger.position()).incarnation
        found: list[IntentDocument] = []
        for _ in range(MAX_SCANNED // MAX_PAGE_SIZE):
            ids = await self._ledger.intents(cursor, MAX_PAGE_SIZE)
            for document in await self._fold_all(ids, incarnation):
                matches = strategy_id in (None, document.summary.strategy_id)
                if matches and state in (None, document.state):
                    found.append(document)
                if len(found) > limit:
                    items = tuple(found[:limit])
                    return IntentPage(items=items, next_cursor=items[-1].intent_id)
            if len(ids) < MAX_PAGE_SIZE:
                return IntentPage(items=tuple(found))
            cursor = ids[-1]
        return IntentPage(items=tuple(found), next_cursor=cursor)

    async def _fold_all(self, ids: Sequence[str], incarnation: str) -> list[IntentDocument]:
        names = [make_correlation_id(CorrelationKind.INTENT, one) for one in ids]
        histories = await self._ledger.histories(names)
        folded = (fold((one.event for one in histories[name]), incarnation) for name in names)
        return [one.intent for one in folded if one.intent is not None]


def _parse[D: ReadModel](model: type[D], text: bytes | str | None) -> D | None:
    if text is None:
        return None
    try:
        return model.model_validate_json(text)
    except ValidationError:
        return None
