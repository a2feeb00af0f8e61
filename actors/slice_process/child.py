"""The child process in which strategies run: no credentials, no sockets, little memory, no files.

It reads requests from its standard input and answers on what was its standard output, until that
ends. Whatever a strategy prints goes nowhere.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from ctypes import CDLL
from typing import BinaryIO, Final

from actors.slice_process.frames import Frame, read_request
from actors.slice_process.limits import MAX_OPEN_FILES, MEMORY_BYTES, SLICE_CPU_SECONDS

_SET_PARENT_DEATH_SIGNAL: Final = 1
_THREADS: Final = ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
"""Each pool of threads reserves address space that data should have."""


def confine(memory_bytes: int = MEMORY_BYTES) -> BinaryIO:
    """Take from this process what it does not need; return where answers go."""
    if sys.platform == "linux":
        CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_OPEN_FILES, MAX_OPEN_FILES))
    return answers


def allow_cpu(seconds: int = SLICE_CPU_SECONDS) -> None:
    """Let this process use so much more CPU time; the kernel ends it after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(
        resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard)
    )


def serve(
    answer: Callable[[Sequence[Frame]], Iterator[bytes]],
    requests: BinaryIO,
    answers: BinaryIO,
    cpu_seconds: int = SLICE_CPU_SECONDS,
) -> None:
    """Answer requests until there are no more."""
    while (frames := read_request(requests)) is not None:
        allow_cpu(cpu_seconds)
        for data in answer(frames):
            answers.write(data)
        answers.flush()


def main() -> None:
    """Confine this process, import the engine, and serve."""
    answers = confine()
    from actors.slice_process.computing import Computing
    from actors.slice_process.simulating import SimulationEngine

    serve(Computing(SimulationEngine()).answer, sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
