"""Programs that are forks: they run, log, end and die as programs that are spawned do."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.process_memory import found_in_memory
from tests.support.waiting import PATIENCE_SECONDS, block_until
from tradewind.operations.processes.child import ChildProcess, Program
from tradewind.operations.processes.fork_client import ForkClient, ForkedProcess

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has descriptors of processes"
)

TELLING = """
import os, sys, time
print(sys.argv[1:], os.environ.get("SECRET"), os.getsid(0) == os.getpid(), __name__, flush=True)
if sys.argv[1] == "stay":
    time.sleep(600)
sys.exit(int(sys.argv[1]))
"""
"""A module that says how it was started, then ends with the code it is given, or stays."""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "telling.py").write_text(TELLING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def forks(directory: Path) -> Iterator[ForkClient]:
    with ForkClient() as client:
        yield client


def program(directory: Path, *arguments: str, **environment: str) -> Program:
    return Program(
        [sys.executable, "-m", "telling", *arguments],
        directory / "log",
        death_signal=signal.SIGKILL,
        environment=os.environ | environment,
    )


def started(forks: ForkClient, directory: Path, **environment: str) -> ChildProcess:
    """Return a process that stays, once it has said so."""
    process = forks.start_program(program(directory, "stay", **environment))
    log = directory / "log"
    block_until(lambda: log.exists() and "stay" in log.read_text())
    log.write_text("")
    return process


def test_a_fork_runs_as_the_module_would(forks: ForkClient, directory: Path) -> None:
    process = forks.start_program(program(directory, "7", "second", SECRET="told"))
    assert isinstance(process, ForkedProcess)
    assert process.wait(PATIENCE_SECONDS) == 7
    assert process.poll() == 7
    assert (directory / "log").read_text() == "['7', 'second'] told True __main__\n"
    assert psutil.Process(forks.server_pid).children() == []


def test_a_list_of_processes_shows_what_a_fork_runs(forks: ForkClient, directory: Path) -> None:
    process = started(forks, directory)
    assert (
        " ".join(psutil.Process(process.pid).cmdline()).rstrip()
        == f"{sys.executable} -m telling stay"
    )
    process.kill()
    assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL


def test_the_secrets_of_one_fork_are_in_no_other_and_not_in_the_server(
    forks: ForkClient, directory: Path
) -> None:
    """What the server read would lie in the memory of every fork that comes later."""
    secrets = {name: os.urandom(16).hex() for name in ("first", "second")}
    processes = {name: started(forks, directory, SECRET=secrets[name]) for name in secrets}
    assert forks.server_pid is not None
    assert found_in_memory(forks.server_pid, secrets.values()) == set()
    for name, process in processes.items():
        assert found_in_memory(process.pid, secrets.values()) == {secrets[name]}
        assert secrets[name] not in Path(f"/proc/{process.pid}/environ").read_text()


def test_one_that_does_not_end_is_waited_for_no_longer_than_asked(
    forks: ForkClient, directory: Path
) -> None:
    process = started(forks, directory)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == -signal.SIGTERM
    process.send_signal(signal.SIGTERM)


def test_forks_end_with_their_server_and_the_next_one_has_another(
    forks: ForkClient, directory: Path
) -> None:
    process, server = started(forks, directory), forks.server_pid
    assert server is not None
    os.kill(server, signal.SIGKILL)
    assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    another = forks.start_program(program(directory, "0"))
    assert isinstance(another, ForkedProcess)
    assert another.wait(PATIENCE_SECONDS) == 0
    assert forks.server_pid != server


def test_what_cannot_be_forked_is_spawned(forks: ForkClient, directory: Path) -> None:
    """Given another interpreter's settings, another program, or no server that can start."""
    unlike = forks.start_program(program(directory, "3", PYTHONOPTIMIZE="1"))
    other = forks.start_program(Program([sys.executable, "-c", "raise SystemExit(4)"], None))
    assert [one.wait(PATIENCE_SECONDS) for one in (unlike, other)] == [3, 4]
    assert not isinstance(unlike, ForkedProcess)
    assert not isinstance(other, ForkedProcess)


def test_a_server_that_cannot_import_is_done_without(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "asyncpg.py").write_text("raise ImportError('broken')")
    with ForkClient() as forks:
        for code in (5, 6):
            process = forks.start_program(program(directory, str(code)))
            assert not isinstance(process, ForkedProcess)
            assert process.wait(PATIENCE_SECONDS) == code
            assert forks.server_pid is None


def test_so_it_is_where_processes_have_no_descriptors(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a sandbox that forbids them, no server is tried."""

    def forbidden(pid: int) -> int:
        raise PermissionError(f"pidfd_open {pid}")

    monkeypatch.setattr(os, "pidfd_open", forbidden)
    with ForkClient() as forks:
        assert forks.server_pid is None
        assert forks.start_program(program(directory, "5")).wait(PATIENCE_SECONDS) == 5


def test_forks_end_with_whoever_started_their_server(directory: Path) -> None:
    script = """
import sys
from tests.integration.processes.test_fork_server import ForkClient, Path, program
forks = ForkClient()
print(forks.start_program(program(Path.cwd(), "stay")).pid, forks.server_pid, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout is not None
        pids = [int(part) for part in starter.stdout.readline().split()]
        assert all(map(psutil.pid_exists, pids))
        starter.kill()
        block_until(lambda: not any(map(psutil.pid_exists, pids)))
