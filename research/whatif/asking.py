"""Reads, decides, fills and adds up: the whole answer to a what-if."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from numpy.typing import NDArray

from research.deciders import load_deciders
from research.redecide.decisions import DecisionReader
from research.redecide.markets import RecordedMarkets
from research.redecide.rerun import ReRunner
from research.redecide.sources import LedgerSource
from research.whatif.confirming import confirmed
from research.whatif.filling import fill_all
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import Pool
from tradewind.simulation.whatif import answer
from tradewind.simulation.whatif.answer import Decided, Flip
from tradewind.simulation.whatif.changes import ChangedLimits
from tradewind.simulation.whatif.documents import (
    SHOWN_FLIPS,
    DayFlips,
    RuleFlips,
    WhatIfDocument,
    WhatIfFlip,
    WhatIfRequest,
)
from tradewind.simulation.whatif.profit import Profits
from tradewind.simulation.whatif.rows import Names, orders_of
from tradewind.timeline.whatif_rows import (
    Range,
    read_correlations,
    read_decisions,
    read_fills,
    read_names,
)
from tradewind.trading.pricing.swap.router import Router

type Progress = Callable[[str], object]
"""Is told what is done next."""

_DAY_SECONDS: Final = 86_400


class _Read(NamedTuple):
    names: Names
    decided: Decided
    fills: NDArray[Any]


class WhatIf:
    """Answers what-ifs from a ledger and its timeline."""

    def __init__(self, pool: Pool, router: Router, progress: Progress = lambda what: None) -> None:
        self._pool = pool
        self._reader = LedgerReader(pool)
        self._markets = RecordedMarkets(LedgerSource(self._reader), router)
        self._progress = progress

    async def answer(
        self, request: WhatIfRequest, most_exact: int = answer.MOST_EXACT
    ) -> WhatIfDocument:
        """Return the answer; `most_exact` newly accepted orders are filled on their markets."""
        read = await self._read(request)
        decided = read.decided
        to_fill = decided.to_fill
        chosen = answer.sample(to_fill, most_exact).tolist()
        flips = list(answer.shown(decided, read.names, decided.flips[:SHOWN_FLIPS].tolist()))
        self._progress(f"{len(decided.flips):,} flips; filling {len(chosen):,} of them")
        sequences = {int(decided.orders.rows["global_seq"][one]): one for one in chosen}
        names = await self._correlations([*sequences, *(one.global_seq for one in flips)])
        exact = await fill_all(
            self._reader,
            self._markets,
            {place: names[sequence] for sequence, place in sequences.items()},
        )
        profits = answer.total(decided, read.fills, answer.estimated(decided, exact))
        self._progress(f"deciding {len(flips)} flips exactly")
        shown = await self._shown(flips, names, request.limits)
        return _document(decided, profits, shown, len(exact), len(exact) < len(to_fill))

    async def _read(self, request: WhatIfRequest) -> _Read:
        wanted = Range(request.from_, request.to, request.strategy_id)
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            self._progress("reading decisions")
            decisions = await read_decisions(connection, wanted)
            names = await read_names(connection, wanted)
            fills = await read_fills(connection, wanted, decisions)
        orders = orders_of(decisions, names)
        self._progress(f"deciding {len(orders):,} intents again")
        return _Read(names, answer.decide(orders, request.limits), fills)

    async def _correlations(self, sequences: list[int]) -> dict[int, str]:
        async with self._pool.acquire() as connection:
            return await read_correlations(connection, sequences)

    async def _shown(
        self, flips: list[Flip], names: Mapping[int, str], changes: ChangedLimits
    ) -> tuple[WhatIfFlip, ...]:
        histories = await self._reader.histories([names[one.global_seq] for one in flips])
        rerunner, deciders = ReRunner(self._markets, None), load_deciders()
        told = []
        for flip in flips:
            name = names[flip.global_seq]
            events = [one.event for one in histories.get(name, ())]
            is_sure = await confirmed(flip, events, rerunner, changes, DecisionReader(deciders))
            told.append(_flip(flip, name, is_sure))
        return tuple(told)


def _flip(flip: Flip, correlation_id: str, is_sure: bool | None) -> WhatIfFlip:
    before, after = ("accepted", "refused") if flip.was_accepted else ("refused", "accepted")
    return WhatIfFlip(
        correlation_id=correlation_id,
        time=datetime.fromtimestamp(flip.time_ms / 1_000, UTC),
        strategy_id=flip.strategy_id,
        instrument=flip.instrument,
        before=before,
        after=after,
        reason=flip.reason,
        confirmed=is_sure,
    )


def _document(
    decided: Decided,
    profits: Profits,
    shown: tuple[WhatIfFlip, ...],
    exact: int,
    is_sampled: bool,
) -> WhatIfDocument:
    orders, flips = len(decided.orders), len(decided.flips)
    rules = sorted(answer.by_rule(decided).items(), key=lambda one: (-one[1], one[0]))
    return WhatIfDocument(
        decisions=orders,
        same=orders - flips,
        unknown=decided.unknown,
        flips=shown,
        flips_total=flips,
        profit_before=_usd(profits.before),
        profit_after=_usd(profits.after),
        drawdown_before=_usd(profits.drawdown_before),
        drawdown_after=_usd(profits.drawdown_after),
        by_rule=tuple(RuleFlips(rule=rule, flips=count) for rule, count in rules),
        by_day=tuple(_days(answer.by_day(decided), profits.by_day)),
        filled_exactly=exact,
        sampled=is_sampled,
    )


def _days(flips: Mapping[int, int], profit: Mapping[int, int]) -> Iterator[DayFlips]:
    for day in sorted(flips.keys() | profit.keys()):
        date = datetime.fromtimestamp(day * _DAY_SECONDS, UTC).date()
        yield DayFlips(
            day=date.isoformat(), flips=flips.get(day, 0), profit_delta=_usd(profit.get(day, 0))
        )


def _usd(millionths: int) -> Decimal:
    return Decimal(millionths).scaleb(-6)
