"""Listens to the reports of all processes, and says of which roles and loops none is heard."""

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import structlog
from nats.aio.msg import Msg
from pydantic import ValidationError

from tradewind.contracts.roles import worker_roles
from tradewind.contracts.streams import PROCESS_ALIVE_SUBJECT_PREFIX
from tradewind.contracts.system.process_report import LoopReport, ProcessReport
from tradewind.runtime.connection import NatsConnection

MISSING_SECONDS: Final = 10.0
"""A process is missing after this time without a report: five are due in it."""
FORGOTTEN_SECONDS: Final = 120.0
MAX_PROCESSES: Final = 1_000

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Heard:
    report: ProcessReport
    at: float


class ProcessWatch:
    """Keeps the newest report of each process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[tuple[str, str], _Heard] = {}
        self._listens_since = clock()

    async def receive(self, message: Msg) -> None:
        """Take a report; the last token of its subject names the role."""
        role = message.subject.rpartition(".")[2]
        try:
            report = ProcessReport.model_validate_json(message.data)
        except ValidationError as error:
            logger.warning("unreadable process report", role=role, errors=error.error_count())
            return
        self.take(role, report)

    def take(self, role: str, report: ProcessReport) -> None:
        """Keep a report; the last one of a process removes it."""
        key = (role, report.process)
        self._heard.pop(key, None)
        if report.is_ended:
            return
        if len(self._heard) >= MAX_PROCESSES:
            self._heard.pop(next(iter(self._heard)))
        self._heard[key] = _Heard(report, self._clock())

    def roles(self) -> list[dict[str, Any]]:
        """Return a document of each role: how many processes are heard, and how its loops are.

        A loop that hangs in one process shows although it lives in the others.
        """
        self._forget()
        return [self._role_document(role) for role in worker_roles()]

    def _forget(self) -> None:
        now = self._clock()
        for key, heard in list(self._heard.items()):
            if now - heard.at > FORGOTTEN_SECONDS:
                del self._heard[key]

    def _role_document(self, role: str) -> dict[str, Any]:
        now = self._clock()
        heard = [one for (name, _), one in self._heard.items() if name == role]
        alive = [one for one in heard if now - one.at <= MISSING_SECONDS]
        loops: dict[str, dict[str, Any]] = {}
        for one in alive or heard:
            for loop in one.report.loops:
                document = _loop_document(loop, now - one.at)
                known = loops.setdefault(loop.loop, document)
                if _is_worse(document, known):
                    loops[loop.loop] = document
        return {
            "role": role,
            "status": self._status(bool(alive), loops),
            "processes": len(alive),
            "missing_processes": len(heard) - len(alive),
            "loops": sorted(loops.values(), key=lambda loop: str(loop["loop"])),
        }

    def _status(self, is_heard: bool, loops: dict[str, dict[str, Any]]) -> str:
        if not is_heard:
            is_new = self._clock() - self._listens_since <= MISSING_SECONDS
            return "unknown" if is_new else "missing"
        return "stalled" if any(loop["status"] == "stalled" for loop in loops.values()) else "alive"


def loop_documents(reports: Iterable[LoopReport]) -> list[dict[str, Any]]:
    """Return a document of each loop of this process."""
    return [_loop_document(report, 0.0) for report in reports]


def _is_worse(one: dict[str, Any], other: dict[str, Any]) -> bool:
    stalled = [document["status"] == "stalled" for document in (one, other)]
    silent = [document["last_alive_ms_ago"] for document in (one, other)]
    return (stalled[0], silent[0]) > (stalled[1], silent[1])


def _loop_document(loop: LoopReport, heard_seconds_ago: float) -> dict[str, Any]:
    is_stalled = loop.is_stalled or heard_seconds_ago > MISSING_SECONDS
    return {
        "loop": loop.loop,
        "status": "stalled" if is_stalled else "alive",
        "last_alive_ms_ago": loop.silent_ms + int(heard_seconds_ago * 1_000),
    }


@asynccontextmanager
async def watched_processes(connection: NatsConnection) -> AsyncIterator[ProcessWatch]:
    """Listen while a block runs; the client subscribes again after a reconnection."""
    watch = ProcessWatch()
    subscription = await connection.client.subscribe(
        f"{PROCESS_ALIVE_SUBJECT_PREFIX}.*", cb=watch.receive
    )
    try:
        yield watch
    finally:
        if connection.is_connected:
            await subscription.unsubscribe()
