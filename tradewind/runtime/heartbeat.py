"""Tells everybody who listens, every few seconds, that a process runs and how its loops are."""

import os
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from tradewind.contracts.streams import PROCESS_ALIVE_SUBJECT_PREFIX
from tradewind.contracts.system.process_report import MAX_LOOPS, LoopReport, ProcessReport
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.loops import loop_states
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated

HEARTBEAT_SECONDS: Final = 2.0


@asynccontextmanager
async def heartbeat(connection: NatsConnection, roles: Sequence[str]) -> AsyncIterator[None]:
    """Report the process, under each of its roles, while a block runs, and once at its end."""
    process = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    async def report(*, is_ended: bool = False) -> None:
        if not connection.is_connected:
            return
        body = ProcessReport(process=process, loops=loop_reports(), is_ended=is_ended)
        for role in roles:
            subject = f"{PROCESS_ALIVE_SUBJECT_PREFIX}.{role}"
            await connection.client.publish(subject, body.model_dump_json().encode())

    async with repeated(HEARTBEAT_SECONDS, report, Outage("heartbeat")):
        yield
    await report(is_ended=True)


def loop_reports() -> tuple[LoopReport, ...]:
    """Return the loops of this process, the stalled ones first."""
    states = sorted(loop_states(), key=lambda state: not state.is_stalled)
    return tuple(
        LoopReport(
            loop=state.name,
            silent_ms=int(state.silent_seconds * 1_000),
            is_stalled=state.is_stalled,
        )
        for state in states[:MAX_LOOPS]
    )
