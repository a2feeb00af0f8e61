"""Compares half of a rebuild's histories in a second process."""

import asyncio
import multiprocessing
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

import uvloop
from redis.asyncio import Redis

from tradewind.errors import TradewindError, TransientError
from tradewind.ledger.history.histories import HistoryRange
from tradewind.ledger.history.reader import LedgerReader
from tradewind.operations.processes.launcher import stop_with_parent
from tradewind.postgres import open_pool
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.rebuild.comparison import Comparison
from tradewind.readmodels.rebuild.comparison_pass import ComparisonPass
from tradewind.readmodels.rebuild.rebuild import Helper
from tradewind.readmodels.rebuild.rebuild_store import Interrupted, RebuildStore
from tradewind.redis import open_redis
from tradewind.runtime.collector import collect_rarely

YOUNG_OBJECTS: Final = 5_000_000
"""Objects between garbage collections; a page of histories has fewer, so only a leak starts one."""


class Addresses(NamedTuple):
    """Addresses of ledger and read models."""

    postgres_dsn: str
    redis_url: str


class RebuildShare(NamedTuple):
    """The ranges a helper compares, with the arguments of `ComparisonPass`."""

    incarnation: str
    token: str | None
    histories: Sequence[HistoryRange]


@asynccontextmanager
async def open_both(addresses: Addresses) -> AsyncIterator[tuple[LedgerReader, Redis]]:
    """Open ledger and read models for a comparison pass."""
    collect_rarely(YOUNG_OBJECTS)
    pool = await open_pool(addresses.postgres_dsn, max_size=2)
    redis = open_redis(addresses.redis_url)
    try:
        yield LedgerReader(pool), redis
    finally:
        await redis.aclose()
        await pool.close()


class RebuildHelper:
    """A process that compares a share; it is killed with this one, and has to be stopped."""

    def __init__(self, addresses: Addresses, start_method: str = "spawn") -> None:
        context: Any = multiprocessing.get_context(start_method)
        self._shares, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._shares, addresses), daemon=True
        )
        self._process.start()
        theirs.close()

    async def compare(self, share: RebuildShare) -> Comparison:
        """Compare a share. Raises what the pass raised, or TransientError when it has died."""
        try:
            self._shares.send(share)
            answer = await asyncio.to_thread(self._shares.recv)
        except (EOFError, OSError):
            raise TransientError("the process that helped to rebuild has died") from None
        finally:
            self.stop()
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Comparison)
        return answer

    def stop(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.join()


def fork_helper(addresses: Addresses) -> RebuildHelper:
    """Start a helper that has imported all this process has; before any thread or event loop.

    Where a fork is not safe, it imports again, which takes as long as comparing 10,000 events.
    """
    return RebuildHelper(addresses, "fork" if sys.platform == "linux" else "spawn")


def helping(addresses: Addresses, first: RebuildHelper | None = None) -> Helper:
    """Return what has a share compared: by this helper, and by another one for each later pass."""

    async def help_with(
        incarnation: str, token: str | None, histories: Sequence[HistoryRange]
    ) -> Comparison:
        nonlocal first
        helper, first = first or RebuildHelper(addresses), None
        return await helper.compare(RebuildShare(incarnation, token, histories))

    return help_with


def _serve(
    shares: "Connection[Any, Any]", theirs: "Connection[Any, Any]", addresses: Addresses
) -> None:
    stop_with_parent(signal.SIGKILL)
    theirs.close()  # a fork has it as well, and would never see its end
    try:
        share = shares.recv()
    except EOFError:
        return
    try:
        shares.send(uvloop.run(_compare(addresses, share)))
    except (TradewindError, Interrupted) as error:
        shares.send(error)


async def _compare(addresses: Addresses, share: RebuildShare) -> Comparison:
    async with open_both(addresses) as (ledger, redis):
        store = DocumentStore(redis)
        work = ComparisonPass(ledger, RebuildStore(redis), store, share.incarnation, share.token)
        await work.compare_histories(share.histories)
        add_usage(work.found)
        return work.found


def add_usage(found: Comparison) -> None:
    """Add the memory and CPU time of this process."""
    found.cpu_seconds += time.process_time()
    found.peak_memory_mebibytes += _peak_mebibytes()


def _peak_mebibytes() -> float:
    # `getrusage` would start from the peak of the process that spawned this one
    kibibytes = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kibibytes[1]) / 1024 if kibibytes else 0.0
