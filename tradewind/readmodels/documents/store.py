"""Writes documents to Redis through the version gate, and the mark up to which all are written."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import Field, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradewind.contracts.wire import Document
from tradewind.errors import PermanentError, TransientError
from tradewind.readmodels.documents import keys
from tradewind.readmodels.documents.kept_states import KeptStates
from tradewind.readmodels.documents.scripts import register
from tradewind.readmodels.read_model import ReadModelDocument
from tradewind.readmodels.registry import READ_MODELS, ReadModelRegistry

_HEAD = re.compile(r'\{"incarnation":"[^"]*","version":\d+')


class StaleIncarnation(PermanentError):
    """Redis shows a later incarnation. Give the restored database a new one, or flush Redis."""

    code = "STALE_INCARNATION"


class ProjectionMark(Document):
    """The global_seq (`version`) up to which every document is written."""

    incarnation: str
    version: int = Field(ge=0)
    complete: bool
    """False while documents are written again after a loss, when an index may miss some."""


class GlobalSeqRange(NamedTuple):
    """The events that documents were folded up to: after `start`, up to and including `end`."""

    start: int
    end: int
    is_last: bool
    """Whether `end` was the newest event when the documents were folded."""


def parse_mark(text: bytes | str | None) -> ProjectionMark | None:
    """Parse the mark; None when it is missing or unreadable."""
    if text is None:
        return None
    try:
        return ProjectionMark.model_validate_json(text)
    except ValidationError:
        return None


class DocumentStore:
    """The write side of the read models. Raises TransientError when Redis has no answer."""

    def __init__(self, redis: Redis, registry: ReadModelRegistry = READ_MODELS) -> None:
        self._redis = redis
        self.registry = registry
        self.kept = KeptStates(redis)
        self._write = register(redis, "write_documents", registry)

    async def mark(self) -> ProjectionMark | None:
        """Return the mark; None when Redis was flushed, or has something else under its key."""
        try:
            # unlike GET it answers nothing for a key of another type
            (text,) = await self._redis.mget(keys.MARK_KEY)
            return parse_mark(text)
        except (RedisError, OSError) as error:
            raise TransientError(f"Redis: {type(error).__name__}: {error}") from error

    async def write(
        self, incarnation: str, recorded: GlobalSeqRange, documents: Sequence[ReadModelDocument]
    ) -> int:
        """Write documents that are newer than those in Redis; return the mark, 0 when it was lost.

        Raises StaleIncarnation when the mark is of a later incarnation.
        """
        names = [keys.MARK_KEY]
        start, end, is_last = recorded
        arguments: list[str | int] = [incarnation, start, end, int(is_last)]
        for document in documents:
            names.append(self.registry.key_of(document))
            arguments.append(text_to_write(self.registry, document))
        try:
            mark = int(await self._write(keys=names, args=arguments))
        except (RedisError, OSError) as error:
            raise TransientError(f"Redis: {type(error).__name__}: {error}") from error
        if mark < 0:
            raise StaleIncarnation(f"this database's is {incarnation}")
        return mark


def text_to_write(registry: ReadModelRegistry, document: ReadModelDocument) -> str:
    """Return a document's JSON, checked only where its sums may outgrow the schema."""
    if registry.read_model_of(document).may_outgrow_schema:
        return text_of(document)
    return document.model_dump_json()


def text_of(document: ReadModelDocument) -> str:
    """Return a document's JSON, or its head alone when the schema refuses the rest.

    Readers cannot parse a head and answer from the ledger, but the version gate still compares it,
    so no older document is served.
    """
    return checked_text(type(document), document.model_dump_json())


def checked_text(kind: type[ReadModelDocument], text: str) -> str:
    """Return the JSON of a document, or its head as `text_of` does."""
    try:
        kind.model_validate_json(text)
    except ValidationError:
        head = _HEAD.match(text)
        assert head is not None
        return f"{head[0]}}}"
    return text
