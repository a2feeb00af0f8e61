"""Compares every read model with the fold of the ledger, and repairs what differs, in place.

A document that is deleted is answered from the ledger until it is written again, so readers never
see less than the truth: there is no moment in which the cache is empty.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.errors import TransientError
from tradewind.ledger.reader import LedgerReader
from tradewind.readmodels import keys
from tradewind.readmodels.cache import load_positions
from tradewind.readmodels.fold import fold
from tradewind.readmodels.positions import to_document
from tradewind.readmodels.store import AnyDocument, DocumentStore, Span, key_of

PAGE_INTENTS: Final = 200
SCAN_COUNT: Final = 1_000
NO_SPAN: Final = Span(0, 0, False)
"""Documents written on their own say nothing about how far all of them are."""


class Comparison(NamedTuple):
    """What a pass over the ledger found."""

    events: int
    documents: int
    different: tuple[str, ...]
    """Keys whose bytes are not what the ledger says, missing ones included."""
    unknown: tuple[str, ...]
    """Keys of documents the ledger knows nothing of."""

    @property
    def is_identical(self) -> bool:
        """Return whether every byte is as it has to be."""
        return not self.different and not self.unknown


class Rebuild:
    """Passes over the whole ledger. Raises TransientError."""

    def __init__(self, ledger: LedgerReader, redis: Redis) -> None:
        self._ledger = ledger
        self._redis = redis
        self._store = DocumentStore(redis)

    async def verify(self) -> Comparison:
        """Compare everything; change nothing."""
        return await self._pass(repair=False)

    async def repair(self) -> Comparison:
        """Compare everything and write again what differs; return what differed."""
        return await self._pass(repair=True)

    async def _pass(self, *, repair: bool) -> Comparison:
        incarnation = (await self._ledger.position()).incarnation
        events, expected, different = 0, set[str](), []
        async for count, documents in self._documents(incarnation):
            events += count
            expected |= {key_of(one) for one in documents}
            wrong = await self._wrong(documents)
            different += [key_of(one) for one in wrong]
            if repair and wrong:
                await self._write(incarnation, wrong)
        unknown = await self._unknown(expected)
        if repair and unknown:
            await self._ask(self._redis.delete(*unknown))
        return Comparison(events, len(expected), tuple(different), tuple(unknown))

    async def _documents(self, incarnation: str) -> AsyncIterator[tuple[int, list[AnyDocument]]]:
        """Return every document there has to be, in pages, with the events behind them."""
        before = None
        while ids := await self._ledger.intents(before, PAGE_INTENTS):
            names = [make_correlation_id(CorrelationKind.INTENT, one) for one in ids]
            histories = await self._ledger.histories(names)
            documents: list[AnyDocument] = []
            for history in histories.values():
                folded = fold((one.event for one in history), incarnation)
                documents += [one for one in (folded.intent, folded.plan) if one is not None]
            yield sum(map(len, histories.values())), documents
            before = ids[-1]
        for strategy_id in await self._ledger.strategies():
            positions = await load_positions(self._ledger, strategy_id)
            document = to_document(positions, incarnation)
            if document is not None:
                yield 0, [document]

    async def _wrong(self, documents: Sequence[AnyDocument]) -> list[AnyDocument]:
        """Return the documents Redis has not, or has with other bytes and not newer."""
        if not documents:
            return []
        held = await self._ask(self._redis.mget([key_of(one) for one in documents]))
        return [
            document
            for document, text in zip(documents, held, strict=True)
            if text != document.model_dump_json().encode() and not _is_newer(text, document)
        ]

    async def _write(self, incarnation: str, documents: Sequence[AnyDocument]) -> None:
        # Deleted first: the version gate would keep other bytes of the same version.
        await self._ask(self._redis.delete(*(key_of(one) for one in documents)))
        await self._store.write(incarnation, NO_SPAN, documents)

    async def _unknown(self, expected: set[str]) -> list[str]:
        found = []
        for pattern in keys.DOCUMENT_PATTERNS:
            cursor = 0
            while True:
                cursor, names = await self._ask(
                    self._redis.scan(cursor, match=pattern, count=SCAN_COUNT)
                )
                found += [name.decode() for name in names]
                if not cursor:
                    break
        return sorted(set(found) - expected)

    async def _ask(self, command: Any) -> Any:
        try:
            return await command
        except (RedisError, OSError) as error:
            raise TransientError(f"Redis: {type(error).__name__}: {error}") from error


def _is_newer(text: bytes | None, document: AnyDocument) -> bool:
    """Return whether Redis has a later document: the coordinator writes on meanwhile."""
    if text is None:
        return False
    try:
        held = type(document).model_validate_json(text)
    except ValidationError:
        return False
    return (held.incarnation, held.version) > (document.incarnation, document.version)
