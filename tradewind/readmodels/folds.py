"""The two kinds of history a read model is folded from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.payload import Payload
from tradewind.ledger.history.group_key import GroupKey
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument, WrittenDocument


class FoldState(Protocol):
    """The result of the events folded so far; immutable once it was handed out."""

    @property
    def version(self) -> int: ...


@dataclass(frozen=True)
class CorrelationFold[S: FoldState]:
    """A fold over all events of one correlation; a document's version is the last sequence.

    The documents exist from the event of `opened_by` on.
    """

    read_models: tuple[ReadModel[Any], ...]
    kind: CorrelationKind
    opened_by: type[Payload]
    """Payload of the event that opens a history. If it has a field named like the identifier of a
    read model, that field's value has to be the identifier."""
    begin: Callable[[str], S]
    """Makes the state before the first event, from an incarnation."""
    evolve: Callable[[S, AnyEvent], S]
    documents: Callable[[S], Sequence[ReadModelDocument]]
    is_over: Callable[[S], bool] = lambda state: False
    """Whether no more events are expected, so that the cache may drop the state."""
    told_at_opening: Mapping[str, str] = field(default_factory=dict)
    """Fields of an index whose values the opening event has, with their paths in its payload, such
    as `intent,strategy_id`. For each the ledger has an index, see a migration."""
    evolve_unseen: Callable[[S, AnyEvent], S] | None = None
    """Like `evolve`, for a state that was not handed out yet and may be changed in place."""
    fold_rows: Callable[[list[Any], str], Sequence[WrittenDocument] | None] = lambda rows, _: None
    """Makes the documents of a whole history from its rows in the ledger and an incarnation, the
    same as of its events. None where the events have to be read."""

    @property
    def prefix(self) -> str:
        """The prefix of the ids of its correlations."""
        return make_correlation_id(self.kind, "")

    def fold(self, events: Iterable[AnyEvent], incarnation: str) -> S:
        """Fold the events of one history, which are in order, from the beginning."""
        state, evolve = self.begin(incarnation), self.evolve_unseen or self.evolve
        for event in events:
            state = evolve(state, event)
        return state


class Keeping[S: FoldState](NamedTuple):
    """How the state of a group is written down, and read to go on from there."""

    pack: Callable[[S], bytes]
    """Makes JSON of a trimmed state: of equal states the same bytes."""
    unpack: Callable[[str, Any], S]
    """Makes the state of a group key from that JSON, parsed."""
    code: str
    """Stands for the code that makes and packs states: what other code made is folded again."""


def code_of(*modules: ModuleType) -> str:
    """Return what stands for the source of these modules and no other."""
    sources = [Path(str(module.__file__)).read_bytes() for module in modules]
    return sha256(b"\0".join(sources)).hexdigest()


@dataclass(frozen=True)
class GroupFold[S: FoldState]:
    """A fold over the events of some topics with one group key; versions are a global_seq.

    The document exists from the first of these events on, and the key is its identifier.
    """

    read_models: tuple[ReadModel[Any]]
    by: GroupKey
    payloads: tuple[type[Payload], ...]
    begin: Callable[[str], S]
    """Makes the state before the first event, from a portfolio or a strategy."""
    evolve: Callable[[S, AnyEvent, int], S]
    """Takes the event's global_seq as well, so that an event that is folded in changes nothing."""
    documents: Callable[[S, str], Sequence[ReadModelDocument]]
    """Makes the documents of a state, for an incarnation."""
    opens_epoch: type[Payload] | None = None
    """Payload of the event that opens an epoch with everything there is. The state follows from the
    newest epoch alone, so loading begins there."""
    trim: Callable[[S], S] = lambda state: state
    """Makes a state that is smaller to keep. To evolve it may raise Forgotten, and the whole
    history is folded again."""
    keeping: Keeping[S] | None = None
    """How its states outlive the process; without it they are folded from the beginning."""

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(payload.topic for payload in self.payloads)


type Fold = CorrelationFold[Any] | GroupFold[Any]
