"""Declares a kind of document: its key, schema, fold and index, which all other code goes by."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, NamedTuple

from pydantic import Field

from tradewind.contracts.payload import Payload
from tradewind.contracts.wire import Document
from tradewind.ledger.history.reader import LedgerReader

ANY: Final = "*"
"""Placeholder in an index key for a field that is not filtered by."""
MAX_INDEX_FIELDS: Final = 3
"""Each field doubles the number of sorted sets a document is listed in."""


class ReadModelDocument(Document):
    """Base of the folded documents. The version gate reads these two fields, so they come first."""

    incarnation: str
    """Which copy of the history this was folded from; a later one sorts after an earlier one."""
    version: int = Field(ge=1)
    """It grows with every event folded in; the newer document wins."""


@dataclass(frozen=True)
class Index:
    """Sorted sets of identifiers by the values of some fields; they list documents newest first."""

    prefix: str
    """The prefix of the keys, colon included; the incarnation follows it."""
    fields: tuple[str, ...]
    """Paths such as `summary.strategy_id`. Lua takes the first field of that name in the JSON."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(path.rpartition(".")[2] for path in self.fields)

    def values(self, document: ReadModelDocument) -> tuple[str, ...]:
        """Return the document's values of the fields."""
        return tuple(str(attrgetter(path)(document)) for path in self.fields)

    def of_incarnation(self, incarnation: str) -> str:
        """Return the prefix of the keys of one incarnation."""
        return f"{self.prefix}{incarnation}:"

    def key(self, incarnation: str, *values: str | None) -> str:
        """Return the key of the sorted set for these values; None means any value."""
        return self.of_incarnation(incarnation) + ":".join(value or ANY for value in values)


@dataclass(frozen=True)
class NamedBy:
    """A document that names this one, which saves looking for orphans a query to the ledger."""

    read_model: "ReadModel[Any]"
    identifier: str
    """The field of this document that holds the other's identifier."""
    field: str
    """The field of the other document that holds this one's identifier."""


@dataclass(frozen=True)
class ReadModel[D: ReadModelDocument]:
    """A kind of document: its key, its schema, its index and how its history is found."""

    prefix: str
    """The prefix of its keys, colon included; the identifier follows it."""
    document: type[D]
    identifier: str
    """The field that holds the identifier."""
    pattern: re.Pattern[str]
    """The form of an identifier; the ledger is never queried for any other text."""
    index: Index | None = None
    may_outgrow_schema: bool = False
    """True when sums over valid events may exceed the limits of the schema."""
    find_correlation: Callable[[LedgerReader, str], Awaitable[str | None]] | None = None
    """Finds the correlation, where the identifier is not the correlation's own."""
    event: type[Payload] | None = None
    """Payload of the event whose id the identifier is, where it is one of several in a history."""
    named_by: NamedBy | None = None

    def key(self, identifier: str) -> str:
        return f"{self.prefix}{identifier}"

    def identify(self, document: D) -> str:
        return str(getattr(document, self.identifier))

    def key_of(self, document: D) -> str:
        return self.key(self.identify(document))


class WrittenDocument(NamedTuple):
    """A document as it has to stand in Redis."""

    read_model: ReadModel[Any]
    key: str
    text: bytes
