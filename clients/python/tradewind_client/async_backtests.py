"""Back-tests, sweeps and what they can be made of, for programs that await."""

from collections.abc import AsyncIterator

from tradewind_client import backtest_calls
from tradewind_client.backtest_calls import (
    Backtest,
    BacktestQuery,
    DatasetQuery,
    TradeQuery,
)
from tradewind_client.pages import AsyncSender, each_awaited
from tradewind_client.resources import Event
from tradewind_client.rest_models import (
    AnnouncedStrategy,
    BacktestComparison,
    BacktestDetail,
    BacktestItem,
    CancelledBacktest,
    Dataset,
    EquityCurve,
    Results,
    SweepDocument,
    TakenBacktest,
    Trade,
)

ANY_BACKTEST = BacktestQuery()
ANY_TRADE = TradeQuery()
ANY_DATASET = DatasetQuery()


class AsyncBacktests:
    """Strategies run over history, with what came of them."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def submit(
        self, backtest: Backtest, *, idempotency_key: str | None = None
    ) -> TakenBacktest:
        """Ask for a run or a sweep. Needs the scope `trade`. With a key it is asked for once."""
        return await self._client.send(backtest_calls.submit_backtest(backtest, idempotency_key))

    def list(self, wanted: BacktestQuery = ANY_BACKTEST) -> AsyncIterator[BacktestItem]:
        """Yield runs, newest first, page after page."""
        return each_awaited(
            self._client, lambda cursor: backtest_calls.list_backtests(wanted, cursor)
        )

    async def get(self, run_id: str) -> BacktestDetail:
        """Return how far a run is, and what it is made of."""
        return await self._client.send(backtest_calls.show_backtest(run_id))

    async def results(self, run_id: str) -> Results:
        """Return metrics, costs and guards; Conflict while the run goes on."""
        return await self._client.send(backtest_calls.backtest_results(run_id))

    async def equity(
        self,
        run_id: str,
        *,
        points: int | None = None,
        start: str | None = None,
        end: str | None = None,
    ) -> EquityCurve:
        """Return the equity over time, in at most so many points."""
        return await self._client.send(backtest_calls.backtest_equity(run_id, points, start, end))

    def trades(self, run_id: str, wanted: TradeQuery = ANY_TRADE) -> AsyncIterator[Trade]:
        """Yield trades by number, page after page."""
        return each_awaited(
            self._client, lambda cursor: backtest_calls.backtest_trades(run_id, wanted, cursor)
        )

    async def trade_events(self, run_id: str, number: int) -> tuple[Event, ...]:
        """Return the events of one trade, which are made when they are asked for."""
        return (await self._client.send(backtest_calls.trade_events(run_id, number))).items

    async def export_trades(self, run_id: str) -> bytes:
        """Return all trades as CSV."""
        return await self._client.send(backtest_calls.export_trades(run_id))

    async def cancel(self, run_id: str) -> CancelledBacktest:
        """Ask for a run to stop. Needs the scope `trade`; Conflict when it is over."""
        return await self._client.send(backtest_calls.cancel_backtest(run_id))

    async def delete(self, run_id: str) -> None:
        """Remove the result of a run that is over. Needs the scope `trade`."""
        await self._client.send(backtest_calls.delete_backtest(run_id))

    async def compare(self, a: str, b: str) -> BacktestComparison:
        """Return what two completed runs have in common, and where they part."""
        return await self._client.send(backtest_calls.compare_backtests(a, b))

    async def sweep(self, sweep_id: str) -> SweepDocument:
        """Return how far a sweep is, and when it is over the table of its runs."""
        return await self._client.send(backtest_calls.show_sweep(sweep_id))

    async def cancel_sweep(self, sweep_id: str) -> SweepDocument:
        """Ask for a sweep to stop, and its runs with it. Needs the scope `trade`."""
        return await self._client.send(backtest_calls.cancel_sweep(sweep_id))

    def strategies(self) -> AsyncIterator[AnnouncedStrategy]:
        """Yield the strategies that can be run, by name, page after page."""
        return each_awaited(self._client, lambda cursor: backtest_calls.list_strategies(cursor))

    def datasets(self, wanted: DatasetQuery = ANY_DATASET) -> AsyncIterator[Dataset]:
        """Yield the files of history, newest first, page after page."""
        return each_awaited(
            self._client, lambda cursor: backtest_calls.list_datasets(wanted, cursor)
        )

    async def dataset(self, dataset_id: str) -> Dataset:
        """Return what a file of history has."""
        return await self._client.send(backtest_calls.show_dataset(dataset_id))
