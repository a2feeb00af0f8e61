"""What back-tests left behind, and what they can be made of, in memory."""

from collections.abc import Collection, Sequence

from tests.support.backtest_histories import EMA_CROSS, dataset
from tradewind.contracts.backtests.strategies import AnnouncedStrategy
from tradewind.datasets.model import Dataset
from tradewind.datasets.store import Filter
from tradewind.trading.backtests.records import (
    EndedRun,
    FlowsTotal,
    TradeFilter,
    TradeRow,
    WantedFlows,
)

EVERY = Filter()


class MemoryBacktests:
    """Ends, rows, commands, strategies and datasets at once; an `error` is raised instead."""

    def __init__(self) -> None:
        self.ends: dict[str, EndedRun] = {}
        self.expired: set[str] = set()
        self.tables: dict[str, str] = {}
        self.curves: dict[str, list[str]] = {}
        self.trades_of: dict[str, list[TradeRow]] = {}
        self.cancelled: list[tuple[str, str]] = []
        self.strategies: dict[str, AnnouncedStrategy] = {EMA_CROSS.name: EMA_CROSS}
        self.datasets: dict[str, Dataset] = {dataset().dataset_id: dataset()}
        self.recorded = FlowsTotal(0, "0" * 64)
        self.observed: set[str] = set()
        self.error: Exception | None = None

    def _check(self) -> None:
        if self.error is not None:
            raise self.error

    async def end(self, run_id: str) -> EndedRun | None:
        self._check()
        return self.ends.get(run_id)

    async def same_run(self, manifest_sha256: str) -> str | None:
        self._check()
        same = [one for one in self.ends.values() if one.manifest_sha256 == manifest_sha256]
        return max((one.run_id for one in same if one.is_completed), default=None)

    async def is_expired(self, run_id: str) -> bool:
        return run_id in self.expired

    async def sweep(self, sweep_id: str) -> str | None:
        return self.tables.get(sweep_id)

    async def equity(self, run_id: str) -> Sequence[str]:
        self._check()
        return self.curves.get(run_id, [])

    async def trades(
        self, run_id: str, only: TradeFilter, cursor: int | None, limit: int, *, descending: bool
    ) -> Sequence[TradeRow]:
        self._check()
        start = cursor if cursor is not None else (2**31 if descending else 0)
        rows = sorted(self.trades_of.get(run_id, []), reverse=descending)
        return [
            row
            for row in rows
            if (row.number < start if descending else row.number > start)
            and all(
                wanted is None or f'"{name}":"{wanted}"' in row.document
                for name, wanted in only._asdict().items()
            )
        ][:limit]

    async def trade(self, run_id: str, number: int) -> TradeRow | None:
        rows = self.trades_of.get(run_id, [])
        return next((row for row in rows if row.number == number), None)

    async def first_difference(self, one: str, other: str, after: int) -> tuple[int | None, int]:
        a, b = (
            {row.number: row.document for row in self.trades_of.get(run_id, [])}
            for run_id in (one, other)
        )
        last = max([*a, *b], default=0)
        found = (n for n in range(after + 1, last + 1) if a.get(n) != b.get(n))
        return next(found, None), last

    async def flows(self, wanted: WantedFlows) -> FlowsTotal:
        self._check()
        return self.recorded

    async def shapes(self, identifiers: Collection[str]) -> set[str]:
        return self.observed & {*identifiers}

    async def cancel(self, run_id: str, requested_by: str) -> None:
        self._check()
        self.cancelled.append((run_id, requested_by))

    async def forget(self, run_id: str) -> bool:
        self._check()
        self.expired.add(run_id)
        self.curves.pop(run_id, None)
        self.trades_of.pop(run_id, None)
        return self.ends.pop(run_id, None) is not None


class MemoryStrategies:
    """The strategies of MemoryBacktests."""

    def __init__(self, backtests: MemoryBacktests) -> None:
        self._backtests = backtests

    def find(self, name: str) -> AnnouncedStrategy | None:
        return self._backtests.strategies.get(name)

    def all(self) -> Sequence[AnnouncedStrategy]:
        return [self._backtests.strategies[name] for name in sorted(self._backtests.strategies)]


class MemoryDatasets:
    """The datasets of MemoryBacktests."""

    def __init__(self, backtests: MemoryBacktests) -> None:
        self._backtests = backtests

    async def find(self, dataset_id: str) -> Dataset | None:
        return self._backtests.datasets.get(dataset_id)

    async def page(
        self, wanted: Filter = EVERY, *, after: str | None = None, limit: int = 50
    ) -> Sequence[Dataset]:
        found = sorted(self._backtests.datasets.values(), key=lambda one: one.dataset_id)
        return [
            one
            for one in found
            if wanted.kind in (None, one.kind)
            and wanted.instrument in (None, one.instrument)
            and wanted.interval in (None, one.interval)
            and (after is None or one.dataset_id > after.partition("~")[2])
        ][:limit]
