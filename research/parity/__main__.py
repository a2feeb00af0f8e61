"""The composition root of `tradewind parity`: `python -m research.parity --from … --to …`."""

import argparse
import asyncio
import json
import sys
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from research.deciders import load_deciders
from research.parity.days import Day, Days
from research.parity.fills import compared, execution_of
from research.redecide.decisions import Decision, DecisionReader
from research.redecide.markets import NotReRunnable, RecordedMarkets
from research.redecide.rerun import ReRunner
from research.redecide.sources import LedgerSource
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.contracts.inputs import OBSERVATION_PREFIX
from tradewind.contracts.roles import Role
from tradewind.contracts.wire import parse_time
from tradewind.errors import TradewindError
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import Pool, open_pool, refusal_of
from tradewind.settings import EngineSettings, PostgresSettings, load
from tradewind.telemetry import configure_logging
from tradewind.timeline.queries import QUERIES
from tradewind.trading.pricing.swap.engine import choose_router

EXIT_EQUAL: Final = 0
EXIT_DIFFERENT: Final = 1
EXIT_FAILED: Final = 2
KEPT_HISTORIES: Final = 10_000
"""How many open histories are kept until their fill comes."""
_COMPARED: Final = frozenset(map(str, (Role.RISK, Role.PORTFOLIO, Role.PLANNER)))
_LAST_MARKET = QUERIES["select_last_market"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line of JSON for each day; 0 when all is the same, 1 when not, 2 on an error."""
    parser = argparse.ArgumentParser(prog="python -m research.parity", description=__doc__)
    parser.add_argument("--from", dest="since", type=parse_time, required=True)
    parser.add_argument("--to", dest="until", type=parse_time, required=True)
    try:
        days = asyncio.run(_compare(parser.parse_args(arguments)))
    except (TradewindError, asyncpg.PostgresError) as error:
        print(f"tradewind: {refusal_of(error) or error}", file=sys.stderr)  # noqa: T201
        return EXIT_FAILED
    for date, day in sorted(days.by_date.items()):
        print(json.dumps({"day": date.isoformat(), **_document(day)}))  # noqa: T201
    return EXIT_EQUAL if days.is_equal else EXIT_DIFFERENT


def _document(day: Day) -> dict[str, Any]:
    parts = ("total", "price_moved", "model", "gas")
    return {
        "verdicts": day.verdicts,
        "verdicts_equal": day.verdicts_equal,
        "plans": day.plans,
        "plans_equal": day.plans_equal,
        "not_rerunnable": day.not_rerunnable,
        "equal_millionths": day.equal_millionths,
        "fills": len(day.fills),
        "median_hundredths_bps": {part: day.median(part) for part in parts},
    }


async def _compare(options: argparse.Namespace) -> Days:
    settings = load(EngineSettings)
    configure_logging("parity", "ERROR")
    router = choose_router(rust_engine_enabled=settings.rust_engine_enabled)
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=2)
    try:
        reader = LedgerReader(pool)
        markets = RecordedMarkets(LedgerSource(reader), router)
        parity = Parity(pool, markets)
        return await parity.of(reader, options.since, options.until)
    finally:
        await pool.close()


class Parity:
    """Takes the histories of a time, and compares their decisions and fills."""

    def __init__(self, pool: Pool, markets: RecordedMarkets) -> None:
        self._pool = pool
        self._markets = markets
        self._rerunner = ReRunner(markets, None)
        self._open: OrderedDict[str, list[AnyEvent]] = OrderedDict()
        self._days = Days()

    async def of(self, reader: LedgerReader, since: datetime, until: datetime) -> Days:
        """Return the days of all histories with an event recorded in this time."""
        decisions = DecisionReader(load_deciders())
        async for page in reader.selected(None, since, until):
            for recorded in page:
                for decision in decisions.take([recorded.event]):
                    await self._decided(decision)
                await self._take(recorded.event, recorded.global_seq)
        return self._days

    async def _decided(self, decision: Decision) -> None:
        if decision.role not in _COMPARED:
            return
        day = decision.recorded[0].timestamp.date()
        is_equal: bool | None
        try:
            is_equal = await self._rerunner.run(decision) is None
        except NotReRunnable:
            is_equal = None
        self._days.decided(day, is_plan=decision.role == Role.PLANNER, is_equal=is_equal)

    async def _take(self, event: AnyEvent, global_seq: int) -> None:
        name = event.correlation_id
        if name.startswith(OBSERVATION_PREFIX):
            return
        events = self._open.setdefault(name, [])
        events.append(event)
        while len(self._open) > KEPT_HISTORIES:
            self._open.popitem(last=False)
        if isinstance(event.payload, StepFilled) and event.payload.final:
            await self._filled(events, global_seq)
            self._open.pop(name, None)

    async def _filled(self, events: Sequence[AnyEvent], global_seq: int) -> None:
        execution = execution_of(events)
        if execution is None:
            return
        arrival = execution.arrival or await self._last_market(global_seq)
        split = await compared(execution, self._markets, arrival)
        if split is not None:
            self._days.filled(events[-1].timestamp.date(), split)

    async def _last_market(self, global_seq: int) -> str | None:
        """Return the market that was recorded last before an event.

        A chain records none for its fills. It may be of a moment before or after the plan, as
        observations are published beside decisions, not before them.
        """
        async with self._pool.acquire() as connection:
            seen = await connection.fetchrow(_LAST_MARKET, global_seq)
        return (
            None if seen is None else str(seen["correlation_id"]).removeprefix(OBSERVATION_PREFIX)
        )


if __name__ == "__main__":
    sys.exit(main())
