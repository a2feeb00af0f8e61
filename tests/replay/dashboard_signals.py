"""The histories of signals that the dashboard's own tests fold.

`python -m tests.replay.dashboard_signals` writes them.

A line each: what it is called, its events, and the document that the platform folds them to.
"""

import json
from pathlib import Path
from typing import Final

from tests.support.dashboard_signals import compose
from tradewind.readmodels.models.signal_history import FoldedSignal, evolve_signal

PATH: Final = Path(__file__).parent / "dashboard_signals.jsonl"
INCARNATION: Final = "20261129060000000000-00000000"


def recorded() -> str:
    """Return the lines as they have to be."""
    lines = []
    for name, events in compose():
        folded = FoldedSignal(INCARNATION)
        for event in events:
            folded = evolve_signal(folded, event)
        assert folded.signal is not None
        bodies = ",".join(event.to_bytes().decode() for event in events)
        document = folded.signal.model_dump_json()
        lines.append(f'{{"name":{json.dumps(name)},"events":[{bodies}],"document":{document}}}\n')
    return "".join(lines)


if __name__ == "__main__":
    PATH.write_text(recorded())
