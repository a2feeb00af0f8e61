"""What a search answers."""

from typing import Final, Literal

from tradewind.contracts.wire import Document

MAX_SEARCH_CHARACTERS: Final = 100
MAX_HITS: Final = 20

type HitKind = Literal[
    "intent",
    "signal",
    "plan",
    "event",
    "history",
    "transaction",
    "dead_letter",
    "wallet",
    "pool",
    "token",
    "strategy",
    "portfolio",
    "instrument",
]


class SearchHit(Document):
    """Something that the text names; beside its id, what leads to it."""

    kind: HitKind
    id: str
    """Its own id, hash, address or name."""
    label: str | None = None
    """A few words about it, such as a pair or a topic."""
    intent_id: str | None = None
    """The intent it belongs to."""
    signal_id: str | None = None
    """The signal it belongs to."""
    correlation_id: str | None = None
    """The history it belongs to."""
    wallet_id: str | None = None


class SearchResult(Document):
    """What was found, the closest first, and where it was looked for."""

    query: str
    """What was searched for, without blanks around it."""
    items: tuple[SearchHit, ...]
    looked_in: tuple[HitKind, ...]
    """Among what; a text that is no id is compared with names only."""
