"""Reads documents from Redis, and folds them from the ledger where Redis has none.

Folding is work for the processor, and whoever asks may ask often. So a process folds one document
and one listing at a time, and a listing folds a few histories only.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.contracts.wire import Document
from tradewind.errors import TransientError
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.documents import keys
from tradewind.readmodels.documents.from_ledger import FromLedger
from tradewind.readmodels.documents.store import ProjectionMark, parse_mark
from tradewind.readmodels.due import DuePosition
from tradewind.readmodels.read_model import Index, ReadModel, ReadModelDocument
from tradewind.readmodels.registry import READ_MODELS, ReadModelRegistry

DEFAULT_PAGE_SIZE: Final = 50
MAX_PAGE_SIZE: Final = 200
MAX_FOLDED: Final = 50
"""How many histories a listing folds from the ledger before it returns a short page."""
FOLDED_AT_ONCE: Final = 10
"""How many of them it folds before it lets others have their turn."""
FOLDING_SECONDS: Final = 2.0
"""How long a call waits until it may fold, and folds."""

NO_FILTER: Final[Mapping[str, str | None]] = {}


class Rebuilding(TransientError):
    """Redis lacks the documents, and folding them from the ledger takes too long. Ask again."""

    code = "REBUILDING"


class Page[D: ReadModelDocument](Document):
    """Documents, newest first; `next_cursor` is None on the last page."""

    items: tuple[D, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class _Listing:
    """The arguments of a listing; a value of None means any."""

    index: Index
    where: Mapping[str, str]
    cursor: str | None
    limit: int

    @property
    def values(self) -> Sequence[str | None]:
        return [self.where.get(name) for name in self.index.names]

    def includes(self, document: ReadModelDocument) -> bool:
        held = self.index.values(document)
        return all(wanted in (None, value) for wanted, value in zip(self.values, held, strict=True))


class FoldTurns:
    """Who may fold: one document and one listing at a time, of all readers that share this."""

    def __init__(self) -> None:
        self.document, self.listing = asyncio.Semaphore(1), asyncio.Semaphore(1)


class FoldedReadModels:
    """Folds from the ledger alone; one document and one listing at a time.

    Every method raises TransientError when PostgreSQL is away, and Rebuilding when it takes long.
    """

    def __init__(
        self,
        ledger: LedgerReader,
        registry: ReadModelRegistry = READ_MODELS,
        turns: FoldTurns | None = None,
    ) -> None:
        self._from_ledger = FromLedger(ledger, registry)
        self._turns = turns or FoldTurns()

    async def read[D: ReadModelDocument](
        self, read_model: ReadModel[D], identifier: str
    ) -> D | None:
        """Return a document, or None when the ledger has no events for it."""
        async with turn_to_fold(self._turns.document):
            return await self._from_ledger.document(read_model, identifier)

    async def page[D: ReadModelDocument](
        self,
        read_model: ReadModel[D],
        where: Mapping[str, str | None] = NO_FILTER,
        cursor: str | None = None,
        limit: int = DEFAULT_PAGE_SIZE,
    ) -> Page[D]:
        """Return documents as ReadModelReader does."""
        return await self.listed(read_model, _listing(read_model, where, cursor, limit))

    async def listed[D: ReadModelDocument](
        self, read_model: ReadModel[D], listing: _Listing
    ) -> Page[D]:
        """Return a page of a listing."""
        async with turn_to_fold(self._turns.listing):
            return await self._fold_page(read_model, listing)

    async def _fold_page[D: ReadModelDocument](
        self, read_model: ReadModel[D], listing: _Listing
    ) -> Page[D]:
        found: list[D] = []
        limit = listing.limit
        ids = await self._from_ledger.identifiers(
            read_model, listing.where, listing.cursor, MAX_FOLDED + 1
        )
        for some in batched(ids[:MAX_FOLDED], FOLDED_AT_ONCE):
            documents = await self._from_ledger.documents(read_model, some)
            found += filter(listing.includes, documents)
            if len(found) > limit:
                items = tuple(found[:limit])
                return Page(items=items, next_cursor=read_model.identify(items[-1]))
        is_last = len(ids) <= MAX_FOLDED
        return Page(items=tuple(found), next_cursor=None if is_last else ids[MAX_FOLDED - 1])


def _listing(
    read_model: ReadModel[Any], where: Mapping[str, str | None], cursor: str | None, limit: int
) -> _Listing:
    index = read_model.index
    if index is None or not where.keys() <= {*index.names}:
        raise ValueError(f"{read_model.prefix} is not listed by {', '.join(where)}")
    wanted = {name: value for name, value in where.items() if value is not None}
    return _Listing(index, wanted, cursor, max(1, min(limit, MAX_PAGE_SIZE)))


class ReadModelReader:
    """Answers from Redis where it can, and folds from the ledger where it cannot.

    It cannot while the documents lack what the ledger had at the position that is `due`.
    Every method raises TransientError when Redis has no answer and PostgreSQL is away, and
    Rebuilding when PostgreSQL is there and it still takes too long.
    """

    def __init__(
        self,
        redis: Redis,
        ledger: LedgerReader,
        registry: ReadModelRegistry = READ_MODELS,
        *,
        due: DuePosition | None = None,
    ) -> None:
        self._redis = redis
        self._due = due or DuePosition(ledger)
        self._folded = FoldedReadModels(ledger, registry)

    async def read[D: ReadModelDocument](
        self, read_model: ReadModel[D], identifier: str
    ) -> D | None:
        """Return a document, or None when the ledger has no events for it."""
        cached = await self._cached(read_model, identifier)
        if cached is not None:
            return cached
        return await self._folded.read(read_model, identifier)

    async def page[D: ReadModelDocument](
        self,
        read_model: ReadModel[D],
        where: Mapping[str, str | None] = NO_FILTER,
        cursor: str | None = None,
        limit: int = DEFAULT_PAGE_SIZE,
    ) -> Page[D]:
        """Return documents by the fields of their index, newest first, older than `cursor` only.

        The cursor is an identifier. A page may be short before the last one; only `next_cursor`
        says whether there is more.
        """
        listing = _listing(read_model, where, cursor, limit)
        page = await self._list_cached(read_model, listing)
        return await self._folded.listed(read_model, listing) if page is None else page

    async def count[D: ReadModelDocument](
        self,
        read_model: ReadModel[D],
        where: Sequence[Mapping[str, str | None]],
        lowest: str | None = None,
        highest: str | None = None,
    ) -> int | None:
        """Return how many documents have one of several combinations of values; None: not known.

        Each combination is of fields of the index, and they exclude each other. Identifiers are
        counted from `lowest` on, before `highest`. Nothing is read for it, so only Redis can tell.
        """
        index = read_model.index
        if index is None:
            raise ValueError(f"{read_model.prefix} is not listed")
        least, most = f"[{lowest}" if lowest else "-", f"({highest}" if highest else "+"
        try:
            mark = await self._complete_mark()
            if mark is None:
                return None
            async with self._redis.pipeline(transaction=False) as pipeline:
                for one in where:
                    values = [one.get(name) for name in index.names]
                    pipeline.zlexcount(index.key(mark.incarnation, *values), least, most)
                counts: list[int] = await pipeline.execute()
        except (RedisError, OSError):
            return None
        return sum(counts)

    async def _complete_mark(self) -> ProjectionMark | None:
        """Return how far the documents are; None while they do not have everything that is due."""
        mark_text, rebuild = await self._redis.mget(keys.MARK_KEY, keys.REBUILD_KEY)
        mark = parse_mark(mark_text)
        if rebuild is not None or mark is None or not mark.complete or not self._due.is_shown(mark):
            return None
        return mark

    async def _cached[D: ReadModelDocument](
        self, read_model: ReadModel[D], identifier: str
    ) -> D | None:
        names = (keys.MARK_KEY, keys.REBUILD_KEY, read_model.key(identifier))
        try:
            mark_text, rebuild, text = await self._redis.mget(*names)
        except (RedisError, OSError):
            return None
        mark, document = parse_mark(mark_text), _parse(read_model.document, text)
        if (
            rebuild is not None
            or mark is None
            or not self._due.is_shown(mark)
            or document is None
            or document.incarnation != mark.incarnation
        ):
            return None
        return document

    async def _list_cached[D: ReadModelDocument](
        self, read_model: ReadModel[D], listing: _Listing
    ) -> Page[D] | None:
        newest, limit = f"({listing.cursor}" if listing.cursor else "+", listing.limit
        try:
            mark = await self._complete_mark()
            if mark is None:
                return None
            key = listing.index.key(mark.incarnation, *listing.values)
            found = await self._redis.zrevrangebylex(key, newest, "-", 0, limit + 1)
            ids = [str(name, "ascii") if isinstance(name, bytes) else name for name in found]
            texts = await self._redis.mget(map(read_model.key, ids[:limit])) if ids else []
        except (RedisError, OSError):
            return None
        documents = [_parse(read_model.document, text) for text in texts]
        if any(one is None or one.incarnation != mark.incarnation for one in documents):
            return None
        listed = tuple(one for one in documents if one and listing.includes(one))
        return Page(items=listed, next_cursor=ids[limit - 1] if len(ids) > limit else None)


@asynccontextmanager
async def turn_to_fold(turns: asyncio.Semaphore) -> AsyncIterator[None]:
    """Wait for a turn to fold; Rebuilding when that and the block take longer than they may."""
    try:
        async with asyncio.timeout(FOLDING_SECONDS) as timer, turns:
            yield
    except TimeoutError:
        if timer.expired():
            raise Rebuilding("folding from the ledger") from None
        raise


def _parse[D: ReadModelDocument](model: type[D], text: bytes | str | None) -> D | None:
    if text is None:
        return None
    try:
        return model.model_validate_json(text)
    except ValidationError:
        return None
