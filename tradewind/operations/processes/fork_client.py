"""Starts Python programs as forks of a process that has imported what they share.

Importing is nine tenths of what starting a role costs, and most of the memory it has then is the
same in all roles: forks share it.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from socket import AF_UNIX, SOCK_SEQPACKET, recv_fds, send_fds, socket, socketpair
from time import monotonic
from typing import BinaryIO, Final, Self

from tradewind.operations.processes import fork_server
from tradewind.operations.processes.child import ChildProcess, Program, spawn
from tradewind.operations.processes.fork_server import ENDED, NEWS, NUMBER, PlanOfChild

START_TIMEOUT_SECONDS: Final = 60.0
"""It has to import first, which takes long on a machine that is busy."""
POLL_SECONDS: Final = 0.01
MAX_ATTEMPTS: Final = 2
MODULE_OPTION: Final = (sys.executable, "-m")


class ForkedProcess:
    """A child of the fork server; offers what `subprocess.Popen` does."""

    def __init__(self, client: "ForkClient", number: int, pid: int, descriptor: int) -> None:
        self.pid = pid
        self._client = client
        self._number = number
        self._descriptor = descriptor
        self._exit_code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        if self._exit_code is None and _is_readable(self._descriptor):
            self._exit_code = self._client.exit_code(self._number)
            if self._exit_code is not None:
                os.close(self._descriptor)
        return self._exit_code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code; subprocess.TimeoutExpired when it is late."""
        deadline = None if timeout is None else monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and timeout is not None and monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            _is_readable(self._descriptor, POLL_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal; nothing happens when the process has ended."""
        if self._exit_code is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def kill(self) -> None:
        """Kill -9; nothing happens when the process has ended."""
        self.send_signal(signal.SIGKILL)


class ForkClient:
    """Has one fork server, and another one when that ended. Main thread only.

    Without a server, or where the system has none (Linux only), programs are spawned as others are.
    """

    def __init__(self) -> None:
        self._server: ChildProcess | None = None
        self._channel: socket | None = None
        self._requests = 0
        self._gone = 0
        """Number of the last request to a server that has ended."""
        self._exit_codes: dict[int, int] = {}
        self._is_given_up = not _has_process_descriptors()

    @property
    def server_pid(self) -> int | None:
        """Process id of the server, None without one."""
        return self._server.pid if self._server else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and return at once; it imports while others start."""
        if self._is_given_up or self._channel is not None:
            return
        ours, theirs = socketpair(AF_UNIX, SOCK_SEQPACKET)
        with theirs:
            number = theirs.fileno()
            command = (*MODULE_OPTION, fork_server.__name__, str(number))
            self._server = spawn(Program(command, None, death_signal=signal.SIGKILL), [number])
        self._channel = ours

    def start_program(self, program: Program, inherited_fds: Sequence[int] = ()) -> ChildProcess:
        """Start `python -m MODULE …` as a fork; any other program, and without a server, by itself.

        A server that ended is started again, and all its children have ended with it. One that does
        not start, either, is not tried again.
        """
        if not self._is_given_up and _can_be_forked(program) and not inherited_fds:
            for _ in range(MAX_ATTEMPTS):
                self.start()
                if forked := self._fork(program):
                    return forked
            self._is_given_up = True
        return spawn(program, inherited_fds)

    def stop(self) -> None:
        """Stop the server, with those of its children that still run."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None
        self._gone = self._requests

    def exit_code(self, number: int) -> int | None:
        """Return the exit code of a request's child that has ended; None before it is told."""
        while number not in self._exit_codes and number > self._gone:
            if self._channel is None or not _is_readable(self._channel.fileno()):
                return None
            self._receive(self._channel)
        # A server that ended took its children along.
        return self._exit_codes.pop(number, -signal.SIGKILL)

    def _fork(self, program: Program) -> ForkedProcess | None:
        """Return a child of the server; None when there is no server that answers."""
        if self._channel is None:
            return None
        self._requests += 1
        deadline = monotonic() + START_TIMEOUT_SECONDS
        try:
            with _plan_of(program) as plan:
                send_fds(self._channel, [NUMBER.pack(self._requests)], [plan.fileno()])
            while self._channel is not None and monotonic() < deadline:
                if _is_readable(self._channel.fileno(), POLL_SECONDS):
                    started = self._receive(self._channel)
                    if started is not None:
                        return started
        except OSError:
            pass
        self.stop()
        return None

    def _receive(self, channel: socket) -> ForkedProcess | None:
        """Take in what the server tells; return the child that was started, if one was."""
        message, descriptors, _, _ = recv_fds(channel, NEWS.size, 1)
        if not message:
            self.stop()
            return None
        number, what, value = NEWS.unpack(message)
        if what == ENDED:
            self._exit_codes[number] = value
            return None
        return ForkedProcess(self, number, value, descriptors[0])


def _has_process_descriptors() -> bool:
    """Return whether this system has them: Linux only, and some sandboxes forbid them."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


def _can_be_forked(program: Program) -> bool:
    """Return whether a program is a module for this interpreter as it was started."""
    is_module = tuple(program.command[: len(MODULE_OPTION)]) == MODULE_OPTION
    environment = os.environ if program.environment is None else program.environment
    return (
        is_module
        and program.user is None
        and _for_interpreter(environment) == _for_interpreter(os.environ)
    )


def _for_interpreter(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that the interpreter reads when it starts."""
    return {name: value for name, value in environment.items() if name.startswith("PYTHON")}


def _plan_of(program: Program) -> BinaryIO:
    """Return a file in memory that tells the server's child what it is to be."""
    environment = os.environ if program.environment is None else program.environment
    plan: PlanOfChild = {
        "arguments": program.command[len(MODULE_OPTION) :],
        "environment": dict(environment),
        "log_path": None if program.log_path is None else str(program.log_path),
        "death_signal": program.death_signal,
    }
    file = os.fdopen(os.memfd_create("plan"), "w+b")
    file.write(json.dumps(plan).encode())
    file.seek(0)
    return file


def _is_readable(descriptor: int, timeout_seconds: float = 0.0) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(timeout_seconds * 1_000))
