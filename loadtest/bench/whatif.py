"""Measures a what-if: hundreds of thousands of recorded decisions under another limit."""

import os
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import uvloop

from loadtest.bench.findings import Budget, Finding
from loadtest.bench.processes import process_cpu_seconds
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from loadtest.queries import QUERIES
from tradewind.ledger.migrations import upgrade
from tradewind.operations.embedded.servers import start_servers
from tradewind.postgres import Pool, open_pool
from tradewind.simulation.whatif import answer
from tradewind.simulation.whatif.changes import ChangedLimits
from tradewind.simulation.whatif.rows import orders_of
from tradewind.timeline.whatif_rows import Range, read_decisions, read_fills, read_names

NAME: Final = "what-if"
INTENTS: Final = 780_000
_DAYS: Final = 90
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_MOST_SECONDS: Final = 15
"""Of CPU on the reference machine, of all processes; a minute altogether is wanted."""
_REFERENCE_SECONDS: Final = 0.010
"""What the fixed loop of Python takes there."""
_BUDGET: Final = Budget(_MOST_SECONDS / _REFERENCE_SECONDS)
STATEMENT_SECONDS: Final = 600.0

_CHANGES: Final = {
    "max_notional_usd": ChangedLimits(max_notional_usd=Decimal(5_000)),
    "max_daily_notional_usd": ChangedLimits(max_daily_notional_usd=Decimal(100_000)),
}


def run(run: Run) -> list[Finding]:
    """Return how long a what-if takes, of one order's limit and of a portfolio's."""
    with start_servers(run.subdirectory("what-if"), names=("postgres",)) as servers:
        upgrade(servers.postgres_dsn)
        return uvloop.run(_measure(run, servers.postgres_dsn))


async def _measure(run: Run, dsn: str) -> list[Finding]:
    intents = run.scaled(INTENTS)
    pool = await open_pool(dsn, writes=True, transaction_seconds=STATEMENT_SECONDS)
    try:
        run.say(f"{NAME}: generating {intents:,} decided intents")
        await generate(pool, intents)
        return [
            finding
            for name, changes in _CHANGES.items()
            for finding in await _timed(pool, name, changes)
        ]
    finally:
        await pool.close()


async def _timed(pool: Pool, name: str, changes: ChangedLimits) -> list[Finding]:
    """Return how long it takes, and the CPU time of this process and the servers it started.

    The reference is CPU time, too: on a machine with other work only that can be compared.
    """
    began_at, used = time.perf_counter(), process_cpu_seconds(os.getpid())
    decided = await decide_all(pool, changes)
    seconds = time.perf_counter() - began_at
    used = process_cpu_seconds(os.getpid()) - used
    what = f"{name} over {len(decided.orders):,} intents"
    note = f"{len(decided.flips):,} flips"
    return [
        Finding(NAME, f"{what}, whole", seconds, "s", None, note),
        Finding(NAME, f"{what}, CPU", used, "s", _BUDGET, note, Reference.PYTHON),
    ]


async def decide_all(pool: Pool, changes: ChangedLimits) -> answer.Decided:
    """Read, decide and add up; nothing is filled on a market."""
    wanted = Range(_BEGIN, _BEGIN + timedelta(days=_DAYS))
    async with pool.acquire() as connection:
        decisions = await read_decisions(connection, wanted)
        names = await read_names(connection, wanted)
        fills = await read_fills(connection, wanted, decisions)
    decided = answer.decide(orders_of(decisions, names), changes)
    answer.by_rule(decided)
    answer.total(decided, fills, answer.estimated(decided, {}))
    return decided


async def generate(pool: Pool, intents: int) -> None:
    """Write decided intents of 24 strategies over 90 days, and the fills of those approved."""
    for statement in (_DECISIONS, _KEYS, _FILLS, "ANALYZE timeline.decisions"):
        arguments = (intents, int(_BEGIN.timestamp() * 1_000)) if "$1" in statement else ()
        await pool.execute(statement, *arguments, timeout=STATEMENT_SECONDS)


_DECISIONS: Final = QUERIES["generate_decisions"]
_KEYS: Final = QUERIES["generate_position_keys"]
_FILLS: Final = QUERIES["generate_fills"]
