"""Reads what back-tests left behind, and asks for them to stop. TransientError while it cannot."""

from collections.abc import Collection, Sequence
from typing import Final

from tradewind.postgres import Pool, outage_is_transient
from tradewind.trading.backtests.reader import (
    count_flows,
    find_end,
    find_first_difference,
    find_same_run,
    find_sweep,
    find_trade,
    forget_run,
    is_expired,
    observed_shapes,
    read_equity,
    read_trades,
    request_cancel,
)
from tradewind.trading.backtests.records import (
    EndedRun,
    FlowsTotal,
    TradeFilter,
    TradeRow,
    WantedFlows,
)

COMPARED_AT_ONCE: Final = 50_000
"""Trades of each of two runs that one statement compares."""


class BacktestRecords:
    """The rows of runs, for any number of processes."""

    def __init__(self, reading: Pool, writing: Pool) -> None:
        self._reading = reading
        self._writing = writing

    async def end(self, run_id: str) -> EndedRun | None:
        """Return how a run ended; None while it goes on, and after it expired."""
        with outage_is_transient():
            return await find_end(self._reading, run_id)

    async def same_run(self, manifest_sha256: str) -> str | None:
        """Return the newest completed run of a manifest."""
        with outage_is_transient():
            return await find_same_run(self._reading, manifest_sha256)

    async def is_expired(self, run_id: str) -> bool:
        """Return whether a run had rows that were removed since."""
        with outage_is_transient():
            return await is_expired(self._reading, run_id)

    async def sweep(self, sweep_id: str) -> str | None:
        """Return the table of a sweep that is over, as JSON."""
        with outage_is_transient():
            return await find_sweep(self._reading, sweep_id)

    async def equity(self, run_id: str) -> Sequence[str]:
        """Return the curve of a run, a JSON array a slice."""
        with outage_is_transient():
            return await read_equity(self._reading, run_id)

    async def trades(
        self, run_id: str, only: TradeFilter, cursor: int | None, limit: int, *, descending: bool
    ) -> Sequence[TradeRow]:
        """Return a page of trades after the number of the cursor, or before it."""
        with outage_is_transient():
            return await read_trades(
                self._reading,
                run_id,
                cursor=cursor,
                limit=limit,
                descending=descending,
                only=only,
            )

    async def trade(self, run_id: str, number: int) -> TradeRow | None:
        """Return a trade of a run."""
        with outage_is_transient():
            return await find_trade(self._reading, run_id, number)

    async def first_difference(self, one: str, other: str, after: int) -> tuple[int | None, int]:
        """Return the first trade after a number that is not the same in two runs, if it is near.

        The second is the number up to which trades were compared.
        """
        last = after + COMPARED_AT_ONCE
        with outage_is_transient():
            found = await find_first_difference(self._reading, one, other, after, last)
        return found, last

    async def flows(self, wanted: WantedFlows) -> FlowsTotal:
        """Return how many recorded intents there are, and the hash of what was decided on them."""
        with outage_is_transient():
            return await count_flows(self._reading, wanted)

    async def shapes(self, identifiers: Collection[str]) -> set[str]:
        """Return which content ids are those of a recorded pool."""
        with outage_is_transient():
            return await observed_shapes(self._reading, identifiers)

    async def cancel(self, run_id: str, requested_by: str) -> None:
        """Ask for a run or a sweep to stop. To ask again changes nothing."""
        with outage_is_transient():
            await request_cancel(self._writing, [run_id], requested_by)

    async def forget(self, run_id: str) -> bool:
        """Remove the rows of a run that is over; return whether there were any."""
        with outage_is_transient():
            return await forget_run(self._writing, run_id)
