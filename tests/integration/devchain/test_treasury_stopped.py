"""Two treasuries: one is stopped in the middle of a pass, the other takes over, the first wakes."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.devchain.platform_stores import Stores, next_report, stores
from tests.integration.devchain.test_venue import ChainHarness, harness, open_harness
from tests.integration.devchain.treasury_desk import Desk, causes, desk, drifting
from tests.support.factories import USDC
from tests.support.waiting import wait_until
from tradewind.contracts.roles import Role
from tradewind.failpoints import VARIABLE as FAILPOINTS_VARIABLE
from tradewind.trading.treasury.books import COMMITTED, COMMITTING

__all__ = ["desk", "harness", "open_harness", "stores"]


@asynccontextmanager
async def treasury(failpoints: str = "") -> AsyncIterator[Process]:
    """Run the role in a process of its own; it is killed in the end."""
    environment = os.environ | {FAILPOINTS_VARIABLE: failpoints, "TRADEWIND_LOG_LEVEL": "ERROR"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "actors", Role.TREASURY.value), env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def is_stopped(process: Process) -> bool:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


async def pass_the_turn(desk: Desk) -> None:
    """Let the time end for which a treasury that is silent keeps its turn."""
    await desk.owner.execute("UPDATE wallet_turn SET held_until = '-infinity'")


@pytest.mark.parametrize("place", [COMMITTING, COMMITTED])
async def test_who_takes_over_books_once_and_who_wakes_books_nothing_twice(
    stores: Stores, harness: ChainHarness, desk: Desk, place: str
) -> None:
    """Given a treasury that stops before its commit, or right after, then a second one goes on
    with what it left, and once the first one wakes both keep the same books."""
    await desk.give(USDC.address, 5)
    await desk.node.mine()
    report_id = await desk.ask()
    async with stores.ledger.coordinator(), treasury(f"{place}=stop") as first:
        await wait_until(lambda: is_stopped(first), "the first one stops")
        await pass_the_turn(desk)
        async with treasury() as second:
            report = await next_report(desk)
            assert [one.skipped for one in report.wallets] == [None]
            assert await desk.bookings() == 1
            assert causes(drifting(await desk.found(report_id))["USDC"]) == [("DEPOSIT", 5)]

            first.send_signal(signal.SIGCONT)
            await desk.give(USDC.address, 7)
            await next_report(desk)
            assert await desk.bookings() == 2
            assert second.returncode is None
        await pass_the_turn(desk)
        assert drifting(await next_report(desk)) == {}
        assert first.returncode is None
    booked = await desk.owner.fetch("SELECT amount FROM wallet_bookings ORDER BY amount")
    assert [int(row["amount"]) for row in booked] == [5, 7]
