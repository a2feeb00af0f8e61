"""Every recorded history can be told: whatever a role recorded about its decision has words."""

from collections import defaultdict
from itertools import count

import pytest

from tests.replay.golden import history_path, names
from tradewind.ledger.history.graph import CorrelationGraph
from tradewind.ledger.records import RecordedEvent
from tradewind.ledger.transfer import history_file
from tradewind.operations.cli.explanation import explain_graph


@pytest.mark.parametrize("name", names())
def test_a_history_is_told_with_what_its_decisions_read(name: str) -> None:
    numbers = count(1)
    histories: dict[str, list[RecordedEvent]] = defaultdict(list)
    for one in history_file.read_events(history_path(name)):
        event = one.event
        recorded = RecordedEvent(event, next(numbers), event.timestamp, one.body)
        histories[event.correlation_id].append(recorded)
    graph = CorrelationGraph((), (), (), is_truncated=False)
    (told,) = explain_graph(graph, histories).histories
    for hop in told.hops:
        assert hop.words
        is_decided_on_something = getattr(hop.event.payload, "inputs", None) is not None
        assert bool(hop.read) == is_decided_on_something
