"""The actors of the backtester: one message is one slice, or one step of a sweep."""

from typing import Final

from actors.backtester.ports import BacktesterPorts
from actors.broker import broker
from tradewind.contracts.backtests.payloads import BacktestProgressed, BacktestRequested
from tradewind.contracts.backtests.sweeps import SweepProgressed, SweepRequested
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.roles import BACKTESTER_WORKERS, SWEEP_WORKERS, Role

TIME_LIMIT_MS: Final = 900_000
"""Four slices that take as long as a process may."""
ACK_WAIT_MS: Final = 10_000
"""How long after a backtester died another one takes its slice."""
SWEEP_TIME_LIMIT_MS: Final = 300_000
"""A thousand curves are read and judged."""
SWEEPS_AT_A_TIME: Final = 4


@broker.actor(
    queue_name=BACKTESTER_WORKERS.name,
    topics=[BacktestRequested.topic, BacktestProgressed.topic],
    time_limit=TIME_LIMIT_MS,
    ack_wait=ACK_WAIT_MS,
    long_running=True,
    concurrency=1,
    waits=True,
    keeps_decision=True,
)
async def run_slice(
    event: Event[BacktestRequested] | Event[BacktestProgressed], ports: BacktesterPorts
) -> list[AnyEvent]:
    """Run the slice that is next, or end the run."""
    payload = await ports.backtester.decide(event)
    return next_events(event, [payload], producer=Role.BACKTESTER, at=ports.now())


@broker.actor(
    queue_name=SWEEP_WORKERS.name,
    topics=[SweepRequested.topic, SweepProgressed.topic],
    time_limit=SWEEP_TIME_LIMIT_MS,
    ack_wait=ACK_WAIT_MS,
    long_running=True,
    concurrency=SWEEPS_AT_A_TIME,
    waits=True,
    keeps_decision=True,
)
async def advance_sweep(
    event: Event[SweepRequested] | Event[SweepProgressed], ports: BacktesterPorts
) -> list[AnyEvent]:
    """Ask for some more runs of a sweep, or judge them all; NotYet while they run."""
    return await ports.sweeper.advance(event)
