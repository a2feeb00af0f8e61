"""What a kind of document has to declare for the rest of this room to work with it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from pydantic import Field

from tradewind.contracts.wire import Document
from tradewind.ledger.history.reader import LedgerReader

ANY: Final = "*"
"""Stands in the key of an index where a value may be any."""
MAX_INDEX_FIELDS: Final = 3
"""Each field doubles the number of sorted sets a document is listed in."""


class ReadModelDocument(Document):
    """Base of the documents folded from history; the version gate reads these two, first."""

    incarnation: str
    """Which copy of the history this was folded from; a later one sorts after an earlier one."""
    version: int = Field(ge=1)
    """Grows with every event folded in; the newer document wins."""


@dataclass(frozen=True)
class Index:
    """Sorted sets of identifiers by the values of some fields, to list documents newest first."""

    prefix: str
    """What the keys begin with, colon included; the incarnation follows."""
    fields: tuple[str, ...]
    """Paths such as `summary.strategy_id`. In the JSON the first field of that name counts."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, by which they are filtered."""
        return tuple(path.rpartition(".")[2] for path in self.fields)

    def values(self, document: ReadModelDocument) -> tuple[str, ...]:
        """Return what a document is listed under."""
        return tuple(str(attrgetter(path)(document)) for path in self.fields)

    def of_incarnation(self, incarnation: str) -> str:
        """Return what the keys of one incarnation begin with."""
        return f"{self.prefix}{incarnation}:"

    def key(self, incarnation: str, *values: str | None) -> str:
        """Return the key of the identifiers with these values; None stands for any."""
        return self.of_incarnation(incarnation) + ":".join(value or ANY for value in values)


@dataclass(frozen=True)
class NamedBy:
    """Another document that names this one: where it does, the ledger need not be asked."""

    read_model: "ReadModel[Any]"
    identifier: str
    """The field here that holds the other's identifier."""
    field: str
    """The field there that holds the identifier of this one."""


@dataclass(frozen=True)
class ReadModel[D: ReadModelDocument]:
    """A kind of document: where it stands, what it looks like, and how it is found."""

    prefix: str
    """What its keys begin with, colon included; the identifier follows."""
    document: type[D]
    identifier: str
    """The field that holds the identifier."""
    pattern: re.Pattern[str]
    """What an identifier looks like; the ledger is not asked about anything else."""
    index: Index | None = None
    may_outgrow_schema: bool = False
    """Whether it sums: then it may leave its schema, though every event in it is valid."""
    find_correlation: Callable[[LedgerReader, str], Awaitable[str | None]] | None = None
    """How to find its history, where its identifier is not the one of the correlation."""
    named_by: NamedBy | None = None

    def key(self, identifier: str) -> str:
        """Return the key of the document with this identifier."""
        return f"{self.prefix}{identifier}"

    def identify(self, document: D) -> str:
        """Return the identifier of a document."""
        return str(getattr(document, self.identifier))

    def key_of(self, document: D) -> str:
        """Return the key a document stands under."""
        return self.key(self.identify(document))
