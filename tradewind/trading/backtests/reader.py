"""Reads what back-tests left behind, and asks for them to stop. Everything may raise what the
driver raises; a caller that serves people wraps it in `outage_is_transient`."""

from collections.abc import Collection, Sequence
from typing import Final

from tradewind.contracts.inputs import correlation_of
from tradewind.postgres import Connection, Pool
from tradewind.trading.backtests.queries import QUERIES
from tradewind.trading.backtests.records import (
    EVERY_TRADE,
    MAX_PAGE,
    EndedRun,
    FlowEvent,
    FlowsTotal,
    TradeFilter,
    TradeRow,
    WantedFlows,
)

_END: Final = QUERIES["select_end"]
_ENDS: Final = QUERIES["select_ends"]
_SAME: Final = QUERIES["select_same"]
_EQUITY: Final = QUERIES["select_equity"]
_TRADE: Final = QUERIES["select_trade"]
_UP: Final = QUERIES["select_trades_up"]
_DOWN: Final = QUERIES["select_trades_down"]
_EXPIRED: Final = QUERIES["select_expired"]
_SWEEP: Final = QUERIES["select_sweep"]
_REQUEST_CANCEL: Final = QUERIES["request_cancel"]
_CANCEL: Final = QUERIES["select_cancel"]
_DIFFERENCE: Final = QUERIES["select_first_difference"]
_FORGET: Final = QUERIES["forget"]
_FLOW_EVENTS: Final = QUERIES["select_flow_events"]
_FLOWS_TOTAL: Final = QUERIES["select_flows_total"]
_OBSERVATIONS: Final = QUERIES["select_observations"]
_OBSERVED: Final = QUERIES["select_observed"]
_AFTER_ALL: Final = 2**31 - 1


async def find_end(pool: Pool | Connection, run_id: str) -> EndedRun | None:
    """Return how a run ended; None while it goes on, and after it expired."""
    row = await pool.fetchrow(_END, run_id)
    return None if row is None else EndedRun(*row)


async def read_ends(pool: Pool | Connection, run_ids: Sequence[str]) -> dict[str, EndedRun]:
    """Return how those of some runs ended that are over."""
    rows = await pool.fetch(_ENDS, list(run_ids))
    return {row["run_id"]: EndedRun(*row) for row in rows}


async def find_same_run(pool: Pool | Connection, manifest_sha256: str) -> str | None:
    """Return the newest completed run of a manifest, which is the answer to asking again."""
    found: str | None = await pool.fetchval(_SAME, manifest_sha256)
    return found


async def is_expired(pool: Pool | Connection, run_id: str) -> bool:
    """Return whether a run had rows that were removed since."""
    return bool(await pool.fetchval(_EXPIRED, run_id))


async def read_equity(pool: Pool | Connection, run_id: str) -> list[str]:
    """Return the curve of a run: a JSON array of `EquityPoint` a slice, in order."""
    return [row["points"] for row in await pool.fetch(_EQUITY, run_id)]


async def read_trades(
    pool: Pool | Connection,
    run_id: str,
    *,
    cursor: int | None = None,
    limit: int,
    descending: bool = False,
    only: TradeFilter = EVERY_TRADE,
) -> list[TradeRow]:
    """Return a page of trades after the number `cursor`, or before it where descending."""
    start = (_AFTER_ALL if descending else 0) if cursor is None else cursor
    statement = _DOWN if descending else _UP
    rows = await pool.fetch(statement, run_id, start, *only, min(limit, MAX_PAGE))
    return [TradeRow(*row) for row in rows]


async def find_trade(pool: Pool | Connection, run_id: str, number: int) -> TradeRow | None:
    """Return a trade of a run, or None."""
    row = await pool.fetchrow(_TRADE, run_id, number)
    return None if row is None else TradeRow(*row)


async def find_sweep(pool: Pool | Connection, sweep_id: str) -> str | None:
    """Return the table of a sweep that is over, a `SweepTable` as JSON; None before that."""
    found: str | None = await pool.fetchval(_SWEEP, sweep_id)
    return found


async def find_first_difference(
    pool: Pool | Connection, one: str, other: str, after: int, last: int
) -> int | None:
    """Return the first trade from after one number to another that two runs do not have alike."""
    found: int | None = await pool.fetchval(_DIFFERENCE, one, other, after, last)
    return found


async def request_cancel(
    pool: Pool | Connection, run_ids: Sequence[str], requested_by: str | None
) -> None:
    """Ask for runs or sweeps to stop before their next slice. To ask again changes nothing."""
    await pool.execute(_REQUEST_CANCEL, list(run_ids), requested_by)


async def find_cancel(pool: Pool | Connection, run_id: str) -> str | None:
    """Return who asked for a run to stop, empty where nobody is named; None where nobody asked."""
    found: str | None = await pool.fetchval(_CANCEL, run_id)
    return found


async def forget_run(pool: Pool | Connection, run_id: str) -> bool:
    """Remove the rows of a run that is over; its events stay. Return whether there were any."""
    return bool(await pool.fetchval(_FORGET, run_id))


async def count_flows(pool: Pool | Connection, wanted: WantedFlows) -> FlowsTotal:
    """Return how many recorded intents there are of those that are wanted."""
    return FlowsTotal(*await pool.fetchrow(_FLOWS_TOTAL, *wanted))


async def read_flow_events(pool: Pool | Connection, wanted: WantedFlows) -> list[FlowEvent]:
    """Return recorded intents and what was decided on them, in the order of the ledger."""
    return [FlowEvent(*row) for row in await pool.fetch(_FLOW_EVENTS, *wanted)]


async def read_observations(
    pool: Pool | Connection, identifiers: Collection[str]
) -> dict[str, str]:
    """Return the payloads of observations as JSON, by content id; without those there are not."""
    names = {correlation_of(one): one for one in identifiers}
    rows = await pool.fetch(_OBSERVATIONS, list(names))
    return {names[row["correlation_id"]]: row["payload"] for row in rows}


async def observed_shapes(pool: Pool | Connection, identifiers: Collection[str]) -> set[str]:
    """Return which content ids are those of a recorded pool."""
    names = {correlation_of(one): one for one in identifiers}
    rows = await pool.fetch(_OBSERVED, list(names))
    return {names[row["correlation_id"]] for row in rows}
