"""How late the kernel may end the naps of a program."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE_SECONDS
from tradewind.operations.access.credentials import Credentials
from tradewind.operations.embedded.nats_server import TIMER_SLACK_NS, NatsServer
from tradewind.operations.processes.child import Program, spawn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has timer slack")

ITS_SLACK = Path("/proc/self/timerslack_ns")


def slack_ns_of(program: Program) -> int:
    """Return the timer slack that a program finds itself started with."""
    assert program.log_path is not None
    assert spawn(replace(program, command=["/bin/cat", str(ITS_SLACK)])).wait(PATIENCE_SECONDS) == 0
    return int(program.log_path.read_text())


def test_a_program_has_ours_unless_it_asks_for_another(tmp_path: Path) -> None:
    ours_ns = int(ITS_SLACK.read_text())
    assert slack_ns_of(Program([], tmp_path / "ours")) == ours_ns
    assert slack_ns_of(Program([], tmp_path / "own", timer_slack_ns=ours_ns + 7)) == ours_ns + 7
    assert int(ITS_SLACK.read_text()) == ours_ns


def test_the_broker_is_woken_less_often(tmp_path: Path) -> None:
    server = NatsServer(tmp_path, 4222, tmp_path / "log", Credentials({}))
    assert slack_ns_of(server.program()) == TIMER_SLACK_NS
