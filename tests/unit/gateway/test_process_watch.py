"""The gateway says of which roles and loops nothing is heard."""

import json
from typing import Any
from unittest.mock import Mock

import pytest
from structlog.testing import capture_logs

from gateway.process_watch import FORGOTTEN_SECONDS, MAX_PROCESSES, MISSING_SECONDS, ProcessWatch
from tests.unit.gateway.support import GatewayHarness
from tradewind.contracts.roles import worker_roles
from tradewind.contracts.system.process_report import LoopReport, ProcessReport


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def report(process: str = "a", silent_ms: int = 5, *, is_stalled: bool = False) -> ProcessReport:
    loop = LoopReport(loop="wallet", silent_ms=silent_ms, is_stalled=is_stalled)
    return ProcessReport(process=process, loops=(loop,))


def ended(process: str) -> ProcessReport:
    return ProcessReport(process=process, loops=(), is_ended=True)


def role(watch: ProcessWatch, name: str = "orchestrator") -> dict[str, Any]:
    return next(one for one in watch.roles() if one["role"] == name)


def message(data: bytes, subject: str = "process.alive.orchestrator") -> Any:
    return Mock(subject=subject, data=data)


def test_a_role_is_unknown_until_its_first_report_is_due_and_missing_from_then_on() -> None:
    clock = Clock()
    watch = ProcessWatch(clock)
    assert [one["role"] for one in watch.roles()] == worker_roles()
    assert {one["status"] for one in watch.roles()} == {"unknown"}
    clock.now += MISSING_SECONDS + 1
    assert {one["status"] for one in watch.roles()} == {"missing"}


def test_a_role_is_alive_with_the_loops_of_its_processes() -> None:
    clock = Clock()
    watch = ProcessWatch(clock)
    watch.take("orchestrator", report("a", 900))
    watch.take("orchestrator", report("b", 300))
    clock.now += 2
    assert role(watch) == {
        "role": "orchestrator",
        "status": "alive",
        "processes": 2,
        "missing_processes": 0,
        "loops": [{"loop": "wallet", "status": "alive", "last_alive_ms_ago": 2_900}],
    }


def test_a_loop_that_hangs_in_one_process_makes_its_role_stalled() -> None:
    watch = ProcessWatch()
    watch.take("orchestrator", report("a"))
    watch.take("orchestrator", report("b", 90_000, is_stalled=True))
    watch.take("orchestrator", report("c"))
    assert role(watch)["status"] == "stalled"
    watch.take("orchestrator", ended("b"))
    assert role(watch)["status"] == "alive"


def test_a_process_that_was_killed_is_missed_and_forgotten_later() -> None:
    clock = Clock()
    watch = ProcessWatch(clock)
    watch.take("orchestrator", report("a"))
    clock.now += MISSING_SECONDS + 1
    assert role(watch)["status"] == "missing"
    assert role(watch)["missing_processes"] == 1
    assert role(watch)["loops"][0]["status"] == "stalled"
    clock.now += FORGOTTEN_SECONDS
    assert role(watch)["missing_processes"] == 0


def test_a_process_that_ends_as_told_is_not_missed() -> None:
    watch = ProcessWatch()
    watch.take("orchestrator", report("a"))
    watch.take("orchestrator", report("b"))
    watch.take("orchestrator", ended("a"))
    assert (role(watch)["processes"], role(watch)["missing_processes"]) == (1, 0)


def test_what_is_kept_is_bounded() -> None:
    watch = ProcessWatch()
    for number in range(MAX_PROCESSES + 5):
        watch.take("orchestrator", report(f"process {number}"))
    assert role(watch)["processes"] == MAX_PROCESSES


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"process": 1, "loops": []}',
        b'{"process": "a", "loops": [{"loop": "x", "silent_ms": -1, "is_stalled": false}]}',
        json.dumps({"process": "a" * 201, "loops": []}).encode(),
        b'{"process": "a", "loops": [], "more": 1}',
    ],
)
async def test_a_report_that_cannot_be_read_is_passed_over(data: bytes) -> None:
    watch = ProcessWatch()
    with capture_logs() as records:
        await watch.receive(message(data))
    assert role(watch)["processes"] == 0
    assert [record["event"] for record in records] == ["unreadable process report"]


async def test_readiness_shows_roles_and_names_the_degraded_ones() -> None:
    gateway = GatewayHarness()
    await gateway.processes.receive(message(report(is_stalled=True).model_dump_json().encode()))
    async with gateway.client() as client:
        document = (await client.get("/ready")).json()
    assert document["status"] == "ready"
    assert document["degraded"] == ["orchestrator"]
    statuses = {one["role"]: one["status"] for one in document["roles"]}
    assert statuses == dict.fromkeys(worker_roles(), "unknown") | {"orchestrator": "stalled"}
