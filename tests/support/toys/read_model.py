"""`note:{identifier}`: how far a call is, folded from its history."""

from typing import Final, NamedTuple

from tests.support.toys.contracts import SignalCalled
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import ULID_PATTERN, CorrelationKind, Ulid, parse_correlation_id
from tradewind.readmodels.folds import CorrelationFold
from tradewind.readmodels.read_model import Index, ReadModel, ReadModelDocument


class NoteDocument(ReadModelDocument):
    """`note:{identifier}`."""

    stage: str
    identifier: Ulid
    words: str


class Notes(NamedTuple):
    incarnation: str
    version: int = 0
    documents: tuple[NoteDocument, ...] = ()


def evolve(notes: Notes, event: AnyEvent) -> Notes:
    document = NoteDocument(
        incarnation=notes.incarnation,
        version=event.sequence,
        stage=event.topic.partition(".")[2],
        identifier=parse_correlation_id(event.correlation_id)[1],
        words=event.payload.words,
    )
    return Notes(notes.incarnation, event.sequence, (document,))


NOTE: Final = ReadModel(
    prefix="note:",
    document=NoteDocument,
    identifier="identifier",
    pattern=ULID_PATTERN,
    index=Index("notes:", ("stage",)),
)
NOTES: Final = CorrelationFold(
    read_models=(NOTE,),
    kind=CorrelationKind.SIGNAL,
    opened_by=SignalCalled,
    begin=Notes,
    evolve=evolve,
    documents=lambda notes: notes.documents,
)
