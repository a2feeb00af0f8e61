"""Has what-ifs answered in a process of their own: they compute for seconds, the gateway serves."""

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Final, Protocol

import structlog

from gateway.http.problem_codes import ProblemCode
from gateway.http.problems import Problem

TIME_LIMIT_SECONDS: Final = 90.0
MAX_AT_ONCE: Final = 2
"""Over all keys: this machine has other things to do."""
MAX_ANSWER_BYTES: Final = 4_000_000
EXACT: Final = 2_000
"""How many newly accepted intents are filled on their markets; `tradewind whatif` fills more."""
_MODULE: Final = "research.whatif"
_REFUSED: Final = 2
_PASSED_ON: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")

logger = structlog.get_logger(__name__)


class WhatIfs(Protocol):
    """Answers what-ifs; a Problem says why there is no answer."""

    async def answer(self, key_id: str, request: bytes) -> bytes:
        """Return the answer to a checked request as JSON; one at a time for each key."""
        ...


class ProcessWhatIfs:
    """Starts a process for each, which reads the database and gets nothing else."""

    def __init__(self, dsn: str, *, time_limit_seconds: float = TIME_LIMIT_SECONDS) -> None:
        self._dsn = dsn
        self._time_limit_seconds = time_limit_seconds
        self._running: set[str] = set()

    async def answer(self, key_id: str, request: bytes) -> bytes:
        """Return the answer; the process is ended when it takes too long or the client leaves."""
        if key_id in self._running:
            raise Problem(ProblemCode.WHATIF_RUNS, "wait for its answer, or leave it")
        if len(self._running) >= MAX_AT_ONCE:
            raise _unavailable("too many at once")
        self._running.add(key_id)
        try:
            async with asyncio.timeout(self._time_limit_seconds):
                return await self._run(request)
        except TimeoutError:
            raise _unavailable(f"it takes longer than {self._time_limit_seconds:.0f} s") from None
        finally:
            self._running.discard(key_id)

    async def _run(self, request: bytes) -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", _MODULE, f"--exact={EXACT}"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment(),
        )
        try:
            told, reason = await process.communicate(request)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode or len(told) > MAX_ANSWER_BYTES:
            raise _failed(process.returncode, reason)
        return told

    def _environment(self) -> Mapping[str, str]:
        kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return kept | {"TRADEWIND_POSTGRES_DSN": self._dsn}


def _failed(code: int | None, reason: bytes) -> Problem:
    text = reason.decode(errors="replace").strip().removeprefix("tradewind: ")
    logger.warning("a what-if failed", code=code, reason=text[-500:])
    if code == _REFUSED and "RANGE_TOO_LARGE" in text:
        return Problem(ProblemCode.RANGE_TOO_LARGE, "ask for a shorter time, or one strategy")
    return _unavailable("the process that answers it failed")


def _unavailable(detail: str) -> Problem:
    return Problem(ProblemCode.WHATIF_UNAVAILABLE, detail, headers={"Retry-After": "10"})
