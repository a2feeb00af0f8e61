"""The child process from outside: it is started without anything, asked, and ended in time."""

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import structlog
from pydantic import TypeAdapter, ValidationError

from actors.backtester.metrics import CHILDREN
from actors.slice_process.frames import Frame, FrameError, Tag, packed, read_answer
from actors.slice_process.limits import MEMORY_TEXT, SLICE_CPU_SECONDS
from actors.slice_process.messages import (
    AnswerHead,
    AnyAnswer,
    FailureAnswer,
    Request,
)
from tradewind.contracts.backtests.payloads import BacktestFailure

COMMAND: Final = (sys.executable, "-P", "-m", "actors.slice_process.child")
RUNS_A_CHILD: Final = 20
"""A strategy may leak; after so many runs a new process takes over."""
MAX_WAIT_SECONDS: Final = 200.0
"""A slice has 120 s of CPU time; a process that gets much less than a core is ended, too."""
_ANSWER: Final[TypeAdapter[AnswerHead]] = TypeAdapter(AnyAnswer)

MAX_TRIES: Final = 3

logger = structlog.get_logger(__name__)


class _EndedBySomebody(Exception):
    """The process was ended from outside."""


class Answer(NamedTuple):
    """An answer and its rows."""

    head: AnswerHead
    frames: Sequence[Frame] = ()

    def texts(self, tag: Tag) -> tuple[str, ...]:
        """Return the frames of a kind as text."""
        return tuple(one.data.decode() for one in self.frames if one.tag is tag)


class ChildProcess:
    """One process that computes for one message at a time; the next one starts when it is needed.

    It has no environment and no descriptors but its pipes, and confines itself (see `child`).
    """

    def __init__(
        self, command: Sequence[str] = COMMAND, max_wait_seconds: float = MAX_WAIT_SECONDS
    ) -> None:
        self._command = tuple(command)
        self._max_wait_seconds = max_wait_seconds
        self._process: Process | None = None
        self._runs: set[str] = set()
        self._busy = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return None if self._process is None else self._process.pid

    async def ask(self, request: Request, frames: Sequence[Frame] = ()) -> Answer:
        """Return the answer to a request; a process that ended at a limit is a failure.

        One that somebody else ended is started again, a few times. Whoever is cancelled meanwhile
        leaves no process behind that still computes.
        """
        async with self._busy:
            for _ in range(MAX_TRIES):
                try:
                    return await self._answer(request, frames)
                except _EndedBySomebody:
                    await self._end("killed")
            return _killed(f"SIGKILL, {MAX_TRIES} times: as a rule the machine has no memory left")

    async def _answer(self, request: Request, frames: Sequence[Frame]) -> Answer:
        process = await self._started(request.run_id)
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                answer = await _asked(process, request, frames)
        except TimeoutError:
            answer = _killed(f"took longer than {self._max_wait_seconds:.0f} s")
        except (FrameError, ValidationError, UnicodeDecodeError) as error:
            answer = _killed(f"answered what is no answer: {str(error)[:200]}")
        except (EOFError, OSError):
            answer = _killed(await _how_ended(process))
        except asyncio.CancelledError:
            await self._end("cancelled")
            raise
        if _is_killed(answer):
            await self._end("failed")
        return answer

    async def close(self) -> None:
        """End the process."""
        await self._end("closed")

    async def _started(self, run_id: str) -> Process:
        if run_id not in self._runs and len(self._runs) >= RUNS_A_CHILD:
            await self._end("recycled")
        if self._process is not None and self._process.returncode is not None:
            await self._end("failed")
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env={},
                cwd="/",
                close_fds=True,
                start_new_session=True,
            )
            CHILDREN.labels("started").inc()
        self._runs.add(run_id)
        return self._process

    async def _end(self, why: str) -> None:
        process, self._process = self._process, None
        self._runs.clear()
        if process is None:
            return
        CHILDREN.labels(why).inc()
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _asked(process: Process, request: Request, frames: Sequence[Frame]) -> Answer:
    assert process.stdin is not None
    assert process.stdout is not None
    head = Frame(Tag.HEAD, request.model_dump_json(by_alias=True).encode())
    for frame in (head, *frames, Frame(Tag.END, b"")):
        process.stdin.write(packed(frame))
        await process.stdin.drain()
    first, *rest = await read_answer(process.stdout)
    return Answer(_ANSWER.validate_json(first.data), rest)


def _is_killed(answer: Answer) -> bool:
    head = answer.head
    return isinstance(head, FailureAnswer) and head.reason is BacktestFailure.WORKER_KILLED


def _killed(detail: str) -> Answer:
    logger.warning("the process of a slice ended", detail=detail)
    return Answer(FailureAnswer(reason=BacktestFailure.WORKER_KILLED, detail=detail))


async def _how_ended(process: Process) -> str:
    """Return which limit ended a process whose pipe is closed; no limit of ours sends SIGKILL."""
    try:
        async with asyncio.timeout(1.0):
            code = await process.wait()
    except TimeoutError:
        return "closed its pipe"
    if code == -signal.SIGKILL:
        raise _EndedBySomebody
    if code == -signal.SIGXCPU:
        return f"CPU time: more than {SLICE_CPU_SECONDS} s for a slice"
    if code in (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS):
        return f"{signal.Signals(-code).name}, as when {MEMORY_TEXT} of memory do not suffice"
    if code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
