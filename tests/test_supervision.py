"""Every task of the product is supervised: a new one has to say here what becomes of its errors.

What a task does that lasts is planted with an exception in tests/integration/actors.
"""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PRODUCT: Final = ("actors", "gateway", "research", "tradewind")
STARTS_A_TASK: Final = re.compile(r"\bcreate_task\(|\bensure_future\(|\basyncio\.Task\(")

SUPERVISED: Final = {
    "actors/__main__.py": "a task group: an error ends the process",
    "actors/coordinator/loop.py": "a task group: an error ends the process",
    "actors/coordinator/pipeline.py": "a task group: an error ends the process",
    "gateway/http/protocols/http.py": "one request; FailureMiddleware answers its errors",
    "gateway/processes/receiver.py": "one connection; an error closes it",
    "gateway/readiness.py": "one question; whoever asks awaits it, and a time-out is its answer",
    "gateway/stream/session.py": "lasts as long as a client; its errors close the connection",
    "gateway/stream/tail.py": "run_every",
    "tradewind/ledger/history/histories.py": "one page ahead; awaited by the reader",
    "tradewind/operations/demo/session.py": "lasts as long as the demo, which awaits it",
    "tradewind/readmodels/rebuild/rebuild.py": "lasts as long as a command, which awaits it",
    "tradewind/runtime/periodic.py": "run_every",
    "tradewind/runtime/pull_consumer.py": "run_every",
    "tradewind/runtime/shared_calls.py": "one call; its errors are those of the callers",
    "tradewind/runtime/worker.py": "one message; every error settles or drops it",
    "tradewind/trading/marketdata/shared_reads.py": "one request; its errors are the callers'",
    "tradewind/trading/marketdata/subscriptions.py": "pings; what is lost the reader notices",
    "tradewind/runtime/bucket_watch.py": "run_every",
}


def test_whoever_starts_a_task_says_who_looks_after_it() -> None:
    found = {
        str(path.relative_to(ROOT))
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*.py")
        if "node_modules" not in path.parts and STARTS_A_TASK.search(path.read_text())
    }
    assert found == set(SUPERVISED)
