"""Puts evaluated signals before desks, in this process or in their own, and reads what follows."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from actors.__main__ import serve
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.support.signals import evaluated_history
from tradewind.contracts.decisions.model import Vote
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.roles import Role
from tradewind.failpoints import VARIABLE as FAILPOINTS_VARIABLE
from tradewind.ledger.records import RecordedEvent
from tradewind.runtime import clock

POLICY = """
sources: {{research: {{strategy_id: research, mode: {mode}}}}}
policies: {{default: {{{policy}}}}}
"""


def policy_file(directory: Path, mode: str, policy: str = "") -> Path:
    """Write a file in which the source of the test's signals has a mode."""
    path = directory / f"{mode}.yaml"
    path.write_text(POLICY.format(mode=mode, policy=policy))
    return path


class DeskHarness:
    """A ledger whose coordinator runs, and signals in it."""

    def __init__(self, ledger: LedgerHarness) -> None:
        self.ledger = ledger
        self.settings = ledger.settings
        self.pool = ledger.pool

    async def put(self, *votes: Vote, **changes: Any) -> AnyEvent:
        """Publish the history of a signal up to its evaluation, which is returned."""
        history = evaluated_history(*votes, **{"at": clock.now()} | changes)
        await self.ledger.publish(*history)
        return history[-1]

    async def history(self, correlation_id: str) -> list[RecordedEvent]:
        """Return what the ledger has of a history."""
        return await self.ledger.reader.history(correlation_id)

    async def concluded(self, event: AnyEvent) -> AnyEvent:
        """Return the end of a signal once the ledger has it."""

        async def has_ended() -> bool:
            history = await self.history(event.correlation_id)
            return bool(history) and history[-1].event.sequence > event.sequence

        await wait_despite_outages(has_ended)
        return (await self.history(event.correlation_id))[-1].event

    @asynccontextmanager
    async def desks(self, policies: Path, count: int = 1, **changes: Any) -> AsyncIterator[None]:
        """Run desks in this process."""
        stopped = asyncio.Event()
        settings = self.settings.model_copy(update={"signal_policy_file": policies} | changes)
        running = [
            asyncio.create_task(serve((Role.DESK,), settings, stopped)) for _ in range(count)
        ]
        try:
            yield
        finally:
            stopped.set()
            await asyncio.gather(*running)

    @asynccontextmanager
    async def process(self, policies: Path, failpoints: str = "") -> AsyncIterator[Process]:
        """Run a desk in a process of its own, which is killed at the end."""
        environment = os.environ | {
            "TRADEWIND_NATS_URL": self.settings.nats_url,
            "TRADEWIND_POSTGRES_DSN": self.settings.postgres_dsn.get_secret_value(),
            "TRADEWIND_SIGNAL_POLICY_FILE": str(policies),
            "TRADEWIND_LOG_LEVEL": "ERROR",
            FAILPOINTS_VARIABLE: failpoints,
        }
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "actors", Role.DESK.value, env=environment
        )
        try:
            yield started
        finally:
            if started.returncode is None:
                started.kill()
            await started.wait()
