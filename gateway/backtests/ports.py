"""Describes what routes about back-tests need from outside, so that tests can bring their own."""

from collections.abc import Collection, Sequence
from typing import Protocol

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


class Ends(Protocol):
    """Tells how runs ended; TransientError while it cannot."""

    async def end(self, run_id: str) -> EndedRun | None: ...

    async def same_run(self, manifest_sha256: str) -> str | None: ...

    async def is_expired(self, run_id: str) -> bool: ...

    async def sweep(self, sweep_id: str) -> str | None: ...


class Rows(Protocol):
    """Reads what runs left behind; TransientError while it cannot."""

    async def equity(self, run_id: str) -> Sequence[str]: ...

    async def trades(
        self, run_id: str, only: TradeFilter, cursor: int | None, limit: int, *, descending: bool
    ) -> Sequence[TradeRow]: ...

    async def trade(self, run_id: str, number: int) -> TradeRow | None: ...

    async def first_difference(
        self, one: str, other: str, after: int
    ) -> tuple[int | None, int]: ...


class RunCommands(Protocol):
    """Asks for runs to stop, and removes their rows; TransientError while it cannot."""

    async def cancel(self, run_id: str, requested_by: str) -> None: ...

    async def forget(self, run_id: str) -> bool: ...


class Strategies(Protocol):
    """Knows which strategies can be run."""

    def find(self, name: str) -> AnnouncedStrategy | None: ...

    def all(self) -> Sequence[AnnouncedStrategy]: ...


class Recordings(Protocol):
    """Knows what the ledger has for back-tests; TransientError while it cannot tell."""

    async def flows(self, wanted: WantedFlows) -> FlowsTotal: ...

    async def shapes(self, identifiers: Collection[str]) -> set[str]: ...


class Datasets(Protocol):
    """Knows which datasets there are; TransientError while it cannot tell."""

    async def find(self, dataset_id: str) -> Dataset | None: ...

    async def page(
        self, wanted: Filter = ..., *, after: str | None = ..., limit: int = ...
    ) -> Sequence[Dataset]: ...
