"""Goes round the documents, a few at a time, and repairs those their schema refuses.

Readers answer such a document from the ledger; this is what puts it right again.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import ValidationError
from redis.asyncio import Redis

from tradewind.contracts.intents.documents import IntentDocument
from tradewind.contracts.plans.documents import PlanDocument
from tradewind.contracts.portfolio.documents import PositionsDocument
from tradewind.contracts.read_model import ReadModel
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels import keys
from tradewind.readmodels.judgement import NOTHING, Replacement
from tradewind.readmodels.recorded import RecordedReadModels
from tradewind.readmodels.shelf import Shelf
from tradewind.readmodels.store import AnyDocument, text_of

KEYS_PER_STEP: Final = 200
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

type Fold = Callable[[str], Awaitable[AnyDocument | None]]


class Scrubber:
    """Remembers how far round it is. Raises TransientError while Redis or PostgreSQL is away."""

    def __init__(self, ledger: LedgerReader, redis: Redis) -> None:
        self._ledger = ledger
        self._shelf = Shelf(redis)
        self._cursor = 0
        recorded = RecordedReadModels(ledger)
        self._kinds: tuple[tuple[str, type[ReadModel], Fold], ...] = (
            (keys.INTENT_PREFIX, IntentDocument, recorded.intent),
            (keys.PLAN_PREFIX, PlanDocument, recorded.plan),
            (keys.POSITIONS_PREFIX, PositionsDocument, recorded.positions),
        )

    async def step(self) -> list[str]:
        """Look at the next few documents; return the keys of those that were repaired."""
        self._cursor, names = await self._shelf.scan(self._cursor, KEYS_PER_STEP)
        texts = await self._shelf.read(names)
        return [
            name
            for name, text in zip(names, texts, strict=True)
            for prefix, model, fold in self._kinds
            if name.startswith(prefix)
            and not _is_valid(model, text)
            # Redis was read before the ledger: what is folded now is not older
            and await self._replace(name, text, await self._fold(fold, name, prefix))
        ]

    async def _fold(self, fold: Fold, name: str, prefix: str) -> bytes:
        identifier = name.removeprefix(prefix)
        document = await fold(identifier) if _ID.fullmatch(identifier) else None
        return NOTHING if document is None else text_of(document).encode()

    async def _replace(self, name: str, judged: bytes, right: bytes) -> bool:
        if judged == right:
            return False  # its schema refuses what the ledger says: only its head is kept
        incarnation = (await self._ledger.position()).incarnation
        return not await self._shelf.replace(incarnation, [Replacement(name, judged, right)])


def _is_valid(model: type[ReadModel], text: bytes) -> bool:
    try:
        model.model_validate_json(text)
    except ValidationError:
        return False
    return True
