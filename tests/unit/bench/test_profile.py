"""A profile that puts work under the wrong cause sends people to the wrong place."""

import pytest

from loadtest.bench.flow_cpu import FlowCpu
from loadtest.profile.causes import Cause, Stack, cause_of, read_stacks, shares
from loadtest.profile.report import counted_costs, largest_of
from loadtest.profile.speedscope import speedscope

MAIN = "main (actors/__main__.py:51)"
RUN = "Runner.run (asyncio/runners.py:86)"
HANDLE = "Worker._handle (tradewind/runtime/worker.py:150)"
SOCKET = "StreamWriter.writelines (asyncio/streams.py:342)"
FLUSHER = "Client._flusher (nats/aio/client.py:2348)"
PUBLISH = "Publisher._post (tradewind/runtime/publisher.py:145)"
PARSE = "BaseModel.model_validate_json (pydantic/main.py:802)"
STATEMENT = "Connection._do_execute (asyncpg/connection.py:2035)"


@pytest.mark.parametrize(
    ("frames", "cause"),
    [
        ((MAIN, RUN), Cause.LOOP),
        ((MAIN, RUN, FLUSHER, SOCKET), Cause.FRAMING),
        ((MAIN, RUN, HANDLE), Cause.OWN),
        ((MAIN, RUN, HANDLE, "timeout (asyncio/timeouts.py:1)"), Cause.OWN),
        ((MAIN, RUN, HANDLE, PUBLISH), Cause.PUBLISH),
        ((MAIN, RUN, HANDLE, PUBLISH, "Client.publish (nats/aio/client.py:9)"), Cause.PUBLISH),
        ((MAIN, RUN, HANDLE, PARSE), Cause.PARSE),
        ((MAIN, RUN, HANDLE, STATEMENT), Cause.SQL),
        ((MAIN, RUN, HANDLE, "read (somewhere/else.py:1)"), Cause.OWN),
        ((), Cause.LOOP),
    ],
)
def test_work_belongs_to_the_innermost_frame_that_says_what_it_is_for(
    frames: tuple[str, ...], cause: Cause
) -> None:
    assert cause_of(frames) == cause


def test_shares_are_of_all_samples_and_are_multiplied_by_the_cpu_of_a_flow() -> None:
    stacks = read_stacks(f"{MAIN};{RUN} 1\n{MAIN};{RUN};{HANDLE};{STATEMENT} 3\n")
    cpu = FlowCpu({"risk": 8.0, "nats": 5.0, "redis": 0.0})
    costs = counted_costs(cpu, {"risk": shares(stacks)}, {"nats": 5.0, "redis": 0.0})
    assert costs == {"risk": {"SQL": 6.0, "loop": 2.0}, "nats": {"nats": 5.0}}
    assert largest_of(costs)[:2] == [("risk", "SQL", 6.0), ("nats", "nats", 5.0)]


def test_a_process_without_samples_has_no_shares() -> None:
    assert shares([]) == {}


def test_a_line_that_is_no_stack_is_refused() -> None:
    with pytest.raises(ValueError, match="no stack"):
        read_stacks("12")


def test_a_flame_graph_has_every_frame_once_and_every_sample() -> None:
    document = speedscope("risk", [Stack((MAIN, RUN), 2), Stack((MAIN, HANDLE), 3)])
    (profile,) = document["profiles"]
    assert [one["name"] for one in document["shared"]["frames"]] == [MAIN, RUN, HANDLE]
    assert profile["samples"] == [[0, 1], [0, 2]]
    assert (profile["weights"], profile["endValue"]) == ([2, 3], 5)
