"""The two kinds of history a read model is folded from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.payload import Payload
from tradewind.ledger.history.group_key import GroupKey
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument


class FoldState(Protocol):
    """What has been folded so far; never changed in place once somebody has seen it."""

    @property
    def version(self) -> int: ...


@dataclass(frozen=True)
class CorrelationFold[S: FoldState]:
    """Each correlation of a kind is one history, whatever its topics; versions are sequences.

    It has documents from the event on that opens it.
    """

    read_models: tuple[ReadModel[Any], ...]
    kind: CorrelationKind
    opened_by: type[Payload]
    """Where its payload has a field named like the identifier, that has to be the history's."""
    begin: Callable[[str], S]
    """Takes an incarnation."""
    evolve: Callable[[S, AnyEvent], S]
    documents: Callable[[S], Sequence[ReadModelDocument]]
    is_over: Callable[[S], bool] = lambda state: False
    """Whether nothing more is expected; it is not kept in memory then."""
    evolve_unseen: Callable[[S, AnyEvent], S] | None = None
    """Like `evolve` for a state nobody else has seen, which may be changed in place."""

    @property
    def prefix(self) -> str:
        """What the ids of its correlations begin with."""
        return make_correlation_id(self.kind, "")

    def fold(self, events: Iterable[AnyEvent], incarnation: str) -> S:
        """Return what the events of one history, in order, say."""
        state, evolve = self.begin(incarnation), self.evolve_unseen or self.evolve
        for event in events:
            state = evolve(state, event)
        return state


@dataclass(frozen=True)
class GroupFold[S: FoldState]:
    """The events of some topics with the same group key; versions are places in the ledger.

    It has a document from the first of these events on. The key is its identifier.
    """

    read_models: tuple[ReadModel[Any]]
    by: GroupKey
    payloads: tuple[type[Payload], ...]
    begin: Callable[[str], S]
    """Takes a group key: a portfolio or a strategy."""
    evolve: Callable[[S, AnyEvent, int], S]
    """Takes the place of the event as well; one that is folded in already changes nothing."""
    documents: Callable[[S, str], Sequence[ReadModelDocument]]
    """Takes the incarnation as well."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics it is folded from."""
        return tuple(payload.topic for payload in self.payloads)


type Fold = CorrelationFold[Any] | GroupFold[Any]
