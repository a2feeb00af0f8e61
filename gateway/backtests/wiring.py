"""Makes what the gateway needs for back-tests."""

from contextlib import AsyncExitStack

from gateway.backtests.catalogue import watched_strategies
from gateway.backtests.records import BacktestRecords
from gateway.backtests.service import Backtests
from gateway.backtests.submission import BacktestSubmitter, Catalogues
from gateway.metrics import BACKTEST_SUBMISSIONS
from gateway.pools import Pools
from gateway.ports import ReadModels
from gateway.submission.connected_publisher import ConnectedPublisher
from gateway.submission.pipeline import SubmissionPipeline
from tradewind.datasets.store import DatasetStore
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.runtime.connection import NatsConnection
from tradewind.trading.policy.journal import PolicyJournal
from tradewind.trading.tokens import TokenRegistry


async def open_backtests(
    connection: NatsConnection,
    pools: Pools,
    sender: ConnectedPublisher,
    read_models: ReadModels,
    tokens: TokenRegistry,
    stack: AsyncExitStack,
) -> Backtests:
    """Return how back-tests come in and are shown, until the stack closes."""
    strategies = await stack.enter_async_context(watched_strategies(connection))
    records, datasets = BacktestRecords(pools.reading, pools.writing), DatasetStore(pools.reading)
    submitter = BacktestSubmitter(
        Catalogues(tokens, strategies, datasets, PolicyJournal(pools.reading), records),
        SubmissionPipeline(IngressJournal(pools.writing), sender, BACKTEST_SUBMISSIONS),
        IngressJournal(pools.reading),
        records,
        read_models,
    )
    return Backtests(submitter, records, records, records, strategies, datasets)
