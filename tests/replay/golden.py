"""Where golden histories lie, and the documents they fold to."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.ledger.transfer import history_file
from tradewind.readmodels.models.intent_history import fold
from tradewind.readmodels.models.positions import Positions, evolve_positions, to_document

DIRECTORY: Final = Path(__file__).parent
HISTORIES: Final = DIRECTORY / "histories"
STAGED: Final = "staged_"
"""Histories of two stages of risk begin so; the others were recorded before and are kept."""
DOCUMENTS: Final = DIRECTORY / "documents"


def names() -> list[str]:
    """Return what there is, in order."""
    return sorted(path.stem for path in HISTORIES.glob("*.jsonl"))


def history_path(name: str) -> Path:
    """Return the exported history of that name."""
    return HISTORIES / f"{name}.jsonl"


def documents_path(name: str) -> Path:
    """Return the file of documents of that name: intent, plan and positions, one per line."""
    return DOCUMENTS / f"{name}.jsonl"


def read_history(name: str) -> list[AnyEvent]:
    """Return the intent's events; what they refer to is left out."""
    events = (incoming.event for incoming in history_file.read_events(history_path(name)))
    return [event for event in events if event.correlation_id.startswith("intent-")]


def documents(name: str, events: Sequence[AnyEvent] = ()) -> bytes:
    """Return the documents a history, or these events of it, fold to, one per line."""
    return b"".join(line + b"\n" for line in _documents(name, events or read_history(name)))


def _documents(name: str, events: Sequence[AnyEvent]) -> Iterator[bytes]:
    incarnation = history_file.read_header(history_path(name)).incarnation
    folded = fold(events, incarnation)
    positions = Positions(events[0].key.portfolio)
    for event in events:
        if isinstance(event.payload, StepFilled):
            positions = evolve_positions(positions, event, event.sequence)
    for document in (folded.intent, folded.plan, to_document(positions, incarnation)):
        if document is not None:
            yield document.model_dump_json().encode()
