"""What strategies do wrong ends their process at a limit that is named, and nothing else."""

import sys
from pathlib import Path

import pytest

from actors.backtester.child_process import RUNS_A_CHILD, ChildProcess
from actors.slice_process.messages import (
    CountAnswer,
    CountRequest,
    FailureAnswer,
    Places,
    SliceRequest,
)
from tests.unit.simulation.factories import manifest_of, random_candles
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.ids import make_ulid

ROOT = Path(__file__).parents[3]
MANIFEST = manifest_of([random_candles(10)])
PLACES = Places(datasets="/nowhere")
KILLED = BacktestFailure.WORKER_KILLED
FAILED = BacktestFailure.STRATEGY_FAILED


def misbehaving(way: str, max_wait_seconds: float = 120.0) -> ChildProcess:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r});"
        f"from tests.support.misbehaving import main; main({way!r})"
    )
    return ChildProcess((sys.executable, "-c", code), max_wait_seconds)


def request_of(number: int) -> SliceRequest:
    run_id = make_ulid(number, bytes(10))
    return SliceRequest(run_id=run_id, manifest=MANIFEST, state=None, number=1, places=PLACES)


@pytest.mark.parametrize(
    ("way", "reason", "detail"),
    [
        ("memory", KILLED, "memory"),
        ("cpu", KILLED, "CPU time: more than 120 s for a slice"),
        ("write", FAILED, "OSError: [Errno 27] File too large"),
        ("look", FAILED, "RuntimeError: [] []"),
        ("talk", FAILED, "RuntimeError: talked"),
    ],
)
async def test_what_a_strategy_does_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, way: str, reason: BacktestFailure, detail: str
) -> None:
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", "secret")
    child = misbehaving(way)
    try:
        head = (await child.ask(request_of(1))).head
        assert isinstance(head, FailureAnswer)
        assert (head.reason, head.detail) == (reason, detail)
        assert (child.pid is None) == (reason is KILLED), "only a spoilt process is replaced"
    finally:
        await child.close()


async def test_a_process_that_waits_is_ended() -> None:
    child = misbehaving("wait", max_wait_seconds=0.2)
    head = (await child.ask(request_of(1))).head
    assert isinstance(head, FailureAnswer)
    assert head.detail == "took longer than 0 s"
    assert child.pid is None


async def test_a_process_is_recycled_after_some_runs() -> None:
    child = misbehaving("talk")
    pids = set()
    try:
        for number in range(RUNS_A_CHILD + 1):
            asked = CountRequest(
                run_id=make_ulid(number, bytes(10)), manifest=MANIFEST, periods=(), places=PLACES
            )
            assert isinstance((await child.ask(asked)).head, CountAnswer)
            pids.add(child.pid)
        assert len(pids) == 2
    finally:
        await child.close()
