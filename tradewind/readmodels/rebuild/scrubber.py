"""Scans all documents, a few at a time, and repairs those that their schema refuses.

Readers answer such a document from the ledger each time, until this repairs it. An index of another
type is deleted, and written again by the projection.
"""

from typing import Any, Final

from pydantic import ValidationError
from redis.asyncio import Redis

from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.documents.from_ledger import FromLedger
from tradewind.readmodels.documents.replacement import NOTHING, Replacement
from tradewind.readmodels.documents.store import text_of
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument
from tradewind.readmodels.rebuild.rebuild_store import RebuildStore
from tradewind.readmodels.registry import READ_MODELS, ReadModelRegistry

KEYS_PER_STEP: Final = 200


class Scrubber:
    """Keeps the cursor of its scan. Raises TransientError while Redis or PostgreSQL is away."""

    def __init__(
        self, ledger: LedgerReader, redis: Redis, registry: ReadModelRegistry = READ_MODELS
    ) -> None:
        self._ledger = ledger
        self._store = RebuildStore(redis, registry)
        self._read_models = registry.read_models
        self._index_prefixes = registry.index_prefixes
        self._from_ledger = FromLedger(ledger, registry)
        self._cursor = 0

    async def step(self) -> list[str]:
        """Check the next few documents and indexes; return the keys that were repaired."""
        await self._store.expire_abandoned()
        self._cursor, names = await self._store.scan(self._cursor, KEYS_PER_STEP)
        texts = await self._store.read(names)
        indexes = [name for name in names if name.startswith(self._index_prefixes)]
        return await self._store.drop_wrong_indexes(indexes) + [
            name
            for name, text in zip(names, texts, strict=True)
            for read_model in self._read_models
            if name.startswith(read_model.prefix)
            and not _is_valid(read_model.document, text)
            # Redis was read before the ledger, so the folded document is not older
            and await self._replace(name, text, await self._fold(read_model, name))
        ]

    async def _fold(self, read_model: ReadModel[Any], name: str) -> bytes:
        identifier = name.removeprefix(read_model.prefix)
        document = await self._from_ledger.document(read_model, identifier)
        return NOTHING if document is None else text_of(document).encode()

    async def _replace(self, name: str, found_bytes: bytes, expected_bytes: bytes) -> bool:
        if found_bytes == expected_bytes:
            return False  # the schema refuses the folded document too, so only its head is stored
        incarnation = (await self._ledger.position()).incarnation
        wrong = Replacement(name, found_bytes, expected_bytes)
        return not await self._store.replace(incarnation, [wrong])


def _is_valid(model: type[ReadModelDocument], text: bytes) -> bool:
    try:
        model.model_validate_json(text)
    except ValidationError:
        return False
    return True
