"""Golden histories of signals fold to the same documents byte for byte, and can be told.

They were written by `python -m tests.replay.test_signals` from the events that tests make.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.support.factories import submitted
from tests.support.signal_histories import observed_signal, rejected_signal, submitted_signal
from tradewind.contracts.envelope import AnyEvent, first_event, parse_event
from tradewind.ledger.history.graph import CorrelationGraph
from tradewind.ledger.records import RecordedEvent
from tradewind.operations.cli.explanation import explain_graph
from tradewind.readmodels.models.signal_history import SIGNAL_HISTORY

DIRECTORY: Final = Path(__file__).parent / "signals"
INCARNATION: Final = "20261129000000000000-00000000"
MADE: Final = {
    "observed": observed_signal(),
    "rejected": rejected_signal(),
    "submitted": submitted_signal(),
}


def documents(events: Sequence[AnyEvent]) -> bytes:
    folded = SIGNAL_HISTORY.fold(events, INCARNATION)
    return b"".join(one.model_dump_json().encode() + b"\n" for one in folded.documents)


def read(name: str) -> list[AnyEvent]:
    return [parse_event(line) for line in (DIRECTORY / f"{name}.jsonl").read_bytes().splitlines()]


@pytest.mark.parametrize("name", MADE)
def test_a_history_folds_to_the_same_documents_byte_for_byte(name: str) -> None:
    events = read(name)
    written = b"".join(event.to_bytes() + b"\n" for event in events)
    assert written == (DIRECTORY / f"{name}.jsonl").read_bytes()
    assert documents(events) == (DIRECTORY / f"{name}.documents.jsonl").read_bytes()


def test_a_signal_is_told_to_the_intent_it_led_to() -> None:
    signal = read("submitted")
    opening = submitted()
    intent = first_event(
        opening.payload,
        correlation_id=opening.correlation_id,
        key=opening.key,
        producer="desk",
        at=signal[-1].timestamp,
        causation_id=signal[-2].event_id,
    )
    recorded = [
        RecordedEvent(event, number, event.timestamp, event.to_bytes())
        for number, event in enumerate((*signal, intent), start=1)
    ]
    histories = {signal[0].correlation_id: recorded[:-1], intent.correlation_id: recorded[-1:]}
    graph = CorrelationGraph((), (), (), is_truncated=False)
    first, second = explain_graph(graph, histories).histories
    assert first.outcome == "submitted after 1,000 ms"
    assert second.caused_by == f"signal.evaluated of {signal[0].correlation_id}"
    words = [hop.words for hop in first.hops]
    assert words[0].startswith("long 0.5 ETH at 2000 from trend, strategy demo, until ")
    assert "2002, 10 bps from its entry" in words[1]
    assert words[2].startswith("baseline (voting): FOLLOW_ENTER with 72 % confidence after 640 ms")
    assert words[3] == "1 of 1 models answered"
    assert words[4].startswith("submitted (mode auto, policy default@1), score 0.72 against 0.6")
    assert [len(hop.read) for hop in first.hops] == [0, 2, 0, 0, 1]
    assert first.hops[3].caused == (intent.correlation_id,)


if __name__ == "__main__":
    for name, events in MADE.items():
        path = DIRECTORY / f"{name}.jsonl"
        path.write_bytes(b"".join(event.to_bytes() + b"\n" for event in events))
        (DIRECTORY / f"{name}.documents.jsonl").write_bytes(documents(events))
