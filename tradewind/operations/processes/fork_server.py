"""A process that has imported what all roles import, and forks a child for each program.

It runs as `python -m tradewind.operations.processes.fork_server FD`. Over the socket of that number
come requests, each with a descriptor: `PlanOfChild` as JSON is in it. The server itself never reads
it, because the secrets of one role would then lie in the memory of all that are forked later; the
child does. A descriptor of the child's (pidfd) goes back, and its status when it has ended.
"""

import gc
import json
import os
import runpy
import select
import signal
import struct
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from socket import recv_fds, send_fds, socket
from typing import Final, NamedTuple, TypedDict

from tradewind.operations.processes.launcher import stop_with_parent

PRELOADED: Final = (
    "asyncpg",
    "dramatiq",
    "httpx2",
    "nats",
    "opentelemetry.sdk.trace",
    "prometheus_client",
    "redis.asyncio",
    "starlette.applications",
    "structlog",
    "tradewind.contracts.envelope",
    "tradewind.settings",
    "uvloop",
    "yaml",
)
"""What takes the time in importing any role, begins no thread, declares no metric (each process
tells only its own), and reads nothing of the environment that differs between roles."""
NUMBER: Final = struct.Struct("!Q")
NEWS: Final = struct.Struct("!QBi")
"""Number of the request, what happened to its child, and its process id or exit code."""
STARTED, ENDED = 0, 1
ARGUMENTS_START_FIELD, ARGUMENTS_END_FIELD = 45, 46
"""`arg_start` and `arg_end` of /proc/PID/stat, counted from what follows the command (proc(5))."""


class PlanOfChild(TypedDict):
    """What a child is to be: `python -m` with these arguments, in this environment."""

    arguments: Sequence[str]
    environment: dict[str, str]
    log_path: str | None
    """The file its output is appended to; None for the server's own output."""
    death_signal: int
    """The signal that the kernel sends it when the server ends."""


class Request(NamedTuple):
    """A child that is wanted; its plan is in the descriptor."""

    number: int
    plan: int


def main() -> None:
    """Serve until the other end of the socket is closed; in each child, run its program."""
    show_as(("-m", __spec__.name if __spec__ else __name__))
    for name in PRELOADED:
        import_module(name)
    # The collector writes to every object it looks at: what is shared would be copied.
    gc.collect()
    gc.freeze()
    server = os.getpid()
    plan = serve(socket(fileno=int(sys.argv[1])))
    if plan is not None:
        become(plan, server)


def serve(channel: socket) -> int | None:
    """Fork at every request; return the plan's descriptor in each child, and None at the end."""
    children: dict[int, Request] = {}
    poller = select.poll()
    poller.register(channel, select.POLLIN)
    while True:
        for descriptor, _ in poller.poll():
            if descriptor in children:
                poller.unregister(descriptor)
                _tell_end(channel, descriptor, children.pop(descriptor).number)
                continue
            request = _receive(channel)
            if request is None:
                return None
            child = os.fork()
            if child == 0:
                channel.close()
                for other in children:
                    os.close(other)
                return request.plan
            os.close(request.plan)
            opened = os.pidfd_open(child)
            children[opened] = request
            poller.register(opened, select.POLLIN)
            send_fds(channel, [NEWS.pack(request.number, STARTED, child)], [opened])


def _receive(channel: socket) -> Request | None:
    """Return the next request, or None when nobody is left to make one."""
    message, descriptors, _, _ = recv_fds(channel, NUMBER.size, 1)
    return Request(NUMBER.unpack(message)[0], descriptors[0]) if message else None


def _tell_end(channel: socket, child: int, number: int) -> None:
    """Reap a child, tell how it ended, and wake whoever waits for the end of children."""
    result = os.waitid(os.P_PIDFD, child, os.WEXITED)
    assert result is not None
    os.close(child)
    has_exited = result.si_code == os.CLD_EXITED
    code = result.si_status if has_exited else -result.si_status
    channel.send(NEWS.pack(number, ENDED, code))
    os.kill(os.getppid(), signal.SIGCHLD)


def become(plan_descriptor: int, server: int) -> None:
    """Run a program in this process, a child of the server, as `python -m` would."""
    with open(plan_descriptor, "rb") as file:
        plan: PlanOfChild = json.load(file)
    os.setsid()
    stop_with_parent(plan["death_signal"])
    if os.getppid() != server:
        sys.exit("the process that forked this one has ended")
    os.environ.clear()
    os.environ.update(plan["environment"])
    time.tzset()
    _log_to(plan["log_path"])
    module, *arguments = plan["arguments"]
    show_as(("-m", module, *arguments))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _log_to(log_path: str | None) -> None:
    if log_path is None:
        return
    log = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for output in (sys.stdout.fileno(), sys.stderr.fileno()):
        os.dup2(log, output)
    os.close(log)


def show_as(arguments: Sequence[str]) -> None:
    """Have `ps` show these arguments of the interpreter, as far as there is room for them."""
    after_command = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = (
        int(after_command[field]) for field in (ARGUMENTS_START_FIELD, ARGUMENTS_END_FIELD)
    )
    room = end - start - 1
    shown = b"\0".join(map(os.fsencode, (sys.executable, *arguments)))[:room]
    try:
        with open("/proc/self/mem", "r+b", buffering=0) as memory:
            memory.seek(start)
            memory.write(shown.ljust(room + 1, b"\0"))
    except OSError:
        # Some kernels forbid it; people then see the server's command for all of them.
        return


if __name__ == "__main__":
    main()
