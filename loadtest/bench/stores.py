"""Fills what is kept beside the ledger, prices and the trades of a run, and asks it for pages."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from gateway.backtests.records import BacktestRecords
from loadtest.generated_ledger import START, STATEMENT_SECONDS
from loadtest.queries import QUERIES
from tradewind.postgres import Pool
from tradewind.trading.backtests.records import TradeFilter
from tradewind.trading.ticks.reader import AFTER_ALL_TICKS, RecordedMarket, Stretch

type Ask = Callable[[int], Awaitable[object]]

ROWS_OF: Final = 10
"""One row of each for so many events."""
PAIRS: Final = 20
_RUN: Final = "0" * 26
_DAYS: Final = timedelta(days=5)
_CANDLES_SHOWN: Final = 500
_PAGE: Final = 50


async def fill_stores(pool: Pool, events: int) -> int:
    """Write ticks, candles of a minute and trades of a back-test; return how many of each."""
    rows = min(events // ROWS_OF, 1_000_000)
    end, minutes = START + _DAYS, timedelta(minutes=rows // PAIRS)
    await pool.execute("SELECT market.make_partitions($1, $2)", min(START, end - minutes), end)
    for name, arguments in {
        "generate_ticks": (rows, START),
        "generate_latest_ticks": (),
        "generate_candles": (rows, end),
        "generate_run_trades": (rows, _RUN),
    }.items():
        await pool.execute(QUERIES[name], *arguments, timeout=STATEMENT_SECONDS)
    return rows


def asks_of_stores(pool: Pool, rows: int) -> dict[str, Ask]:
    """Return what is asked of prices and runs by the name of the route, at random places."""
    market, runs = RecordedMarket(pool), BacktestRecords(pool, pool)

    async def ticks(place: int) -> None:
        until = START + _DAYS * random.Random(place).random()
        instrument = f"ethereum-T{place % PAIRS}-USDC"
        await market.ticks(instrument, START, until, AFTER_ALL_TICKS, _PAGE)

    async def candles(place: int) -> None:
        minutes = random.Random(place).randint(0, rows // PAIRS)
        since = START + _DAYS - timedelta(minutes=minutes)
        stretch = Stretch(60, since, since + timedelta(minutes=_CANDLES_SHOWN))
        await market.candles(f"ethereum-T{place % PAIRS}-USDC", stretch, START + _DAYS)

    async def symbols(place: int) -> None:
        await market.symbols("", _PAGE)

    def trades(only: TradeFilter) -> Ask:
        async def ask(place: int) -> None:
            await runs.trades(_RUN, only, place % rows, _PAGE, descending=True)

        return ask

    return {
        "GET /market/ticks": ticks,
        "GET /market/candles, 500": candles,
        "GET /market/symbols": symbols,
        "GET /backtests/{run_id}/trades": trades(TradeFilter()),
        "GET /backtests/{run_id}/trades?outcome": trades(TradeFilter(outcome="refused")),
        "GET /backtests/{run_id}/trades?instrument": trades(
            TradeFilter(instrument="ethereum-T7-USDC")
        ),
    }
