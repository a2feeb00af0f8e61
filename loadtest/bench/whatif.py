"""Measures a what-if: hundreds of thousands of recorded decisions under another limit."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import uvloop

from loadtest.bench.findings import Budget, Finding
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
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
_BUDGET: Final = Budget(4_600)
"""Of a fixed loop of Python: a minute on the reference machine."""
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
    pool = await open_pool(dsn, writes=True)
    try:
        run.say(f"{NAME}: generating {intents:,} decided intents")
        await generate(pool, intents)
        return [await _timed(pool, name, changes) for name, changes in _CHANGES.items()]
    finally:
        await pool.close()


async def _timed(pool: Pool, name: str, changes: ChangedLimits) -> Finding:
    began_at = time.perf_counter()
    decided = await decide_all(pool, changes)
    seconds = time.perf_counter() - began_at
    orders = len(decided.orders)
    note = f"{len(decided.flips):,} flips"
    what = f"{name} over {orders:,} intents, whole"
    return Finding(NAME, what, seconds, "s", _BUDGET, note, Reference.PYTHON)


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


_DECISIONS: Final = """
WITH made AS (
    SELECT n, $2::bigint + n * (90 * 86400000::bigint - 1) / $1::bigint AS ms, 'strategy' || n % 24 AS strategy,
        (ARRAY['ethereum-WETH-USDC', 'ethereum-WBTC-USDC', 'ethereum-LINK-USDC'])[n % 3 + 1] AS instrument,
        n % 10 = 0 AS is_refused, n % 2 = 1 AS is_sale, (n * 7919 % 6000 + 1)::bigint * 1000000 AS notional
    FROM generate_series(1, $1::bigint) AS n
)
INSERT INTO timeline.decisions (
    global_seq, decided_at_ms, event_id, correlation_id, topic, stage, strategy_id, portfolio_id, instrument, side, verdict,
    reason, opened_seq, amount_billionths, slippage_e18, notional_millionths, quote_price_millionths, failed, held_billionths,
    day_notional_millionths, equity_millionths, peak_millionths
)
SELECT n * 8 + place, ms + place, 'e' || n || '-' || place, 'intent-' || lpad(n::text, 26, '0'),
    CASE WHEN place = 1 THEN CASE WHEN is_refused THEN 'risk.rejected' ELSE 'risk.screened' END ELSE 'risk.approved' END,
    CASE place WHEN 1 THEN 'risk' ELSE 'portfolio' END, strategy, strategy, instrument,
    CASE WHEN is_sale THEN 'dispose' ELSE 'acquire' END,
    CASE WHEN place = 1 THEN CASE WHEN is_refused THEN 'rejected' ELSE 'screened' END ELSE 'approved' END,
    CASE WHEN is_refused THEN 'SLIPPAGE_LIMIT' END, n * 8, notional / 3, 10000000000000000, notional, 1000000,
    CASE WHEN is_refused THEN 'SLIPPAGE_LIMIT' ELSE '' END, CASE WHEN place = 2 THEN 5000000000 END,
    CASE WHEN place = 2 THEN notional * (n / 24 % 30) END, CASE WHEN place = 2 THEN 1000000000000 END,
    CASE WHEN place = 2 THEN 1010000000000 END
FROM made CROSS JOIN generate_series(1, 2) AS place
WHERE place = 1 OR NOT is_refused
"""  # noqa: E501
_KEYS: Final = """
INSERT INTO timeline.position_keys
SELECT DISTINCT strategy_id, 'ethereum', instrument, 'usdc', 'BASE', 18, 'USDC', 6, 1 FROM timeline.decisions
"""  # noqa: E501
_FILLS: Final = """
INSERT INTO timeline.positions (
    strategy_id, chain, base, quote, global_seq, fill_key, place, bought, paid, quantity, cost, realised, fills, last_place,
    last_at, opened_seq
)
SELECT strategy_id, 'ethereum', instrument, 'usdc', global_seq + 3, 'plan' || global_seq, global_seq::text,
    amount_billionths::numeric * 1000000000 * sign, notional_millionths * sign, 0, 0, 0, 1, global_seq::text,
    to_timestamp((decided_at_ms + 12000) / 1000.0), opened_seq
FROM timeline.decisions CROSS JOIN LATERAL (SELECT CASE side WHEN 'dispose' THEN -1 ELSE 1 END AS sign) AS s
WHERE topic = 'risk.approved'
"""  # noqa: E501
