"""Processes of the platform beside a test's coordinator, which are killed in the end."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.integration.ledger.harness import LedgerHarness
from tradewind.contracts.roles import Role
from tradewind.failpoints import VARIABLE as FAILPOINTS_VARIABLE


@asynccontextmanager
async def replicas(harness: LedgerHarness, *failpoints: str) -> AsyncIterator[list[Process]]:
    """Run a process of the stage for each of these; what still runs is killed at the end."""
    started = [await _start(harness, one) for one in failpoints]
    async with _killed_in_the_end(started):
        yield started


@asynccontextmanager
async def roles(harness: LedgerHarness, *names: Role) -> AsyncIterator[Process]:
    """Run these roles in a process of their own."""
    process = await _start(harness, "", *names)
    async with _killed_in_the_end([process]):
        yield process


@asynccontextmanager
async def _killed_in_the_end(started: list[Process]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for process in started:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _start(harness: LedgerHarness, failpoints: str, *names: Role) -> Process:
    environment = os.environ | {
        "TRADEWIND_NATS_URL": harness.settings.nats_url,
        "TRADEWIND_POSTGRES_DSN": harness.settings.postgres_dsn.get_secret_value(),
        "TRADEWIND_LOG_LEVEL": "ERROR",
        FAILPOINTS_VARIABLE: failpoints,
    }
    started = names or (Role.PORTFOLIO,)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "actors", *(one.value for one in started), env=environment
    )
