"""Measures stalled histories and broker backlogs, even while no coordinator has the lease."""

import contextlib
from collections.abc import AsyncIterator
from itertools import product
from typing import Final

from prometheus_client import Gauge

from actors.sweeper import metrics
from actors.sweeper.settings import SweeperSettings
from tradewind.contracts.roles import queue_groups
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM, durable_name
from tradewind.contracts.system.trading_states import ScopeKind, TradingState
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.ledger.upkeep.stalled import StalledHistories
from tradewind.runtime import NatsConnection
from tradewind.runtime.broker_stats import group_lags, stream_size
from tradewind.runtime.gauges import refreshed
from tradewind.trading.halts.journal import StateJournal

CHECK_SECONDS: Final = 2.0
OTHER: Final = "other"
"""The label of dead letters whose queue group is not in the table of roles."""
STREAMS: Final = (EVENTS_STREAM, DEAD_LETTERS_STREAM)


class Monitor:
    """Refreshes gauges from PostgreSQL and from the broker, each on its own."""

    def __init__(
        self,
        backlogs: Backlogs,
        histories: StalledHistories,
        states: StateJournal,
        connection: NatsConnection,
        settings: SweeperSettings,
    ) -> None:
        self._backlogs = backlogs
        self._histories = histories
        self._states = states
        self._connection = connection
        self._settings = settings

    async def observe_ledger(self) -> None:
        """Refresh the gauges of the ledger; TransientError while PostgreSQL is away."""
        await self._observe_stalled()
        ingress = await self._backlogs.ingress(self._settings.relay_after_seconds)
        metrics.INGRESS_PENDING.set(ingress.events)
        metrics.INGRESS_OLDEST.set(ingress.oldest_seconds)
        await self._observe_dead_letters()
        await self._observe_states()

    async def _observe_states(self) -> None:
        counts = await self._states.counts()
        for kind, state in product(ScopeKind, (TradingState.REDUCING, TradingState.HALTED)):
            metrics.TRADING_STATES.labels(kind, state).set(counts.get((kind, state), 0))

    async def _observe_stalled(self) -> None:
        """Count all stalled histories, also in a sweeper that does not do the present pass."""
        stalled = await self._histories.all(self._settings.stalled_after_seconds)
        given_up = sum(one.attempts >= self._settings.stalled_max_attempts for one in stalled)
        metrics.STALLED.set(len(stalled))
        metrics.GIVEN_UP.set(given_up)
        metrics.OLDEST.set(stalled[0].standing.total_seconds() if stalled else 0)

    async def _observe_dead_letters(self) -> None:
        letters = dict.fromkeys((*(group.durable for group in queue_groups()), OTHER), 0)
        for queue_group, count in (await self._backlogs.open_dead_letters()).items():
            durable = durable_name(queue_group)
            letters[durable if durable in letters else OTHER] += count
        for name, count in letters.items():
            metrics.OPEN_DEAD_LETTERS.labels(name).set(count)

    async def observe_broker(self) -> None:
        """Refresh the gauges of streams and consumers; TransientError while the broker is away."""
        for stream in STREAMS:
            size = await stream_size(self._connection, stream)
            _show(metrics.STORED_BYTES, (stream,), size and size.stored_bytes)
            _show(metrics.LIMIT_BYTES, (stream,), size and size.limit_bytes)
        groups = tuple(queue_groups())
        for stream in dict.fromkeys(stream for group in groups for stream in group.streams):
            readers = [group for group in groups if stream in group.streams]
            lags = await group_lags(self._connection, readers, stream)
            for group, lag in zip(readers, lags, strict=True):
                _show(metrics.PENDING, (stream, group.durable), lag and lag.pending)
                _show(metrics.UNACKNOWLEDGED, (stream, group.durable), lag and lag.unacknowledged)


def _show(gauge: Gauge, labels: tuple[str, ...], value: int | None) -> None:
    """Set a gauge, or remove its series when the stream or consumer does not exist."""
    if value is None:
        with contextlib.suppress(KeyError):
            gauge.remove(*labels)
    else:
        gauge.labels(*labels).set(value)


@contextlib.asynccontextmanager
async def observed(monitor: Monitor) -> AsyncIterator[None]:
    """Refresh the gauges of both sources while the block runs."""
    async with (
        refreshed("histories", monitor.observe_ledger, CHECK_SECONDS),
        refreshed("broker", monitor.observe_broker, CHECK_SECONDS),
    ):
        yield
