"""Asks live strategies whenever a candle closed, and submits what they say at the gateway."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog
from nats.errors import Error as NatsError

from actors.strategist.file import VARIABLE, LiveStrategy, load_strategist_file
from actors.strategist.live import LiveRun, Said
from actors.strategist.metrics import FAILURES, SIGNALS
from actors.strategist.settings import StrategistSettings
from tradewind.contracts.signals.model import Signal
from tradewind.contracts.streams import SIGNAL_SUBMISSIONS_PREFIX
from tradewind.errors import ConfigurationError, TransientError
from tradewind.runtime import NatsConnection, clock
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every
from tradewind.simulation.errors import InvalidRun, SimulationFailed
from tradewind.simulation.strategies.loading import load
from tradewind.trading.marketdata.intervals import from_milliseconds
from tradewind.trading.marketdata.perp_snapshots import PerpSnapshots, watched_perps
from tradewind.trading.marketdata.perpetuals import VARIABLE as PERPETUALS_VARIABLE
from tradewind.trading.marketdata.perpetuals import Perpetuals, load_perpetuals

LOOP: Final = "live strategies"
INTERVAL_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 5.0
MAX_LATE: Final = timedelta(seconds=60)
"""What is said at a close that is longer ago is not submitted: the price has moved on."""
CREATED: Final = 201

Submit = Callable[[str, bytes], Awaitable[bytes]]
"""Asks the gateway on a subject and returns its answer; TransientError while it cannot."""

logger = structlog.get_logger(__name__)


class NobodyAnswers(TransientError):
    """No gateway took the signal. It is submitted again, under the same content."""

    code = "NOBODY_ANSWERS"


async def run(
    settings: StrategistSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Work until stopped. ConfigurationError for a strategy that is not installed."""
    runs = live_runs(settings)

    async def submit(subject: str, data: bytes) -> bytes:
        try:
            answer = await connection.client.request(subject, data, timeout=ANSWER_SECONDS)
        except (NatsError, TimeoutError) as error:
            raise NobodyAnswers(f"{subject}: {error or type(error).__name__}") from error
        return answer.data

    async with watched_perps(connection) as view:
        strategist = Strategist(runs, view.snapshots, submit)
        await run_every(INTERVAL_SECONDS, strategist.look, Outage(LOOP), stopped)


def live_runs(settings: StrategistSettings) -> tuple[LiveRun, ...]:
    """Return the configured strategies; ConfigurationError names the one that cannot run."""
    runs, followed = [], load_perpetuals(settings.perpetuals_file)
    for one in load_strategist_file(settings.strategist_file):
        _check_followed(one, followed)
        try:
            runs.append(LiveRun(one, load(one.strategy)))
        except (SimulationFailed, InvalidRun) as error:
            raise ConfigurationError(f"{VARIABLE}: {one.source}: {error}") from None
    return tuple(runs)


def _check_followed(configured: LiveStrategy, followed: Perpetuals) -> None:
    """Raise ConfigurationError for a market without candles: nothing would ever be said of it."""
    known = followed.by_symbol(configured.symbol)
    if known is None or known.coin != configured.coin:
        problem = f"{configured.symbol} of coin {configured.coin} is no perpetual"
    elif configured.interval not in followed.intervals:
        problem = (
            f"there are candles of {', '.join(followed.intervals)}, not of {configured.interval}"
        )
    else:
        return
    problem = f"{problem}: {PERPETUALS_VARIABLE} says which are followed"
    raise ConfigurationError(f"{VARIABLE}: {configured.source}: {problem}")


class Strategist:
    """The strategies of a process, and the signals that no gateway has taken yet."""

    def __init__(self, runs: Sequence[LiveRun], snapshots: PerpSnapshots, submit: Submit) -> None:
        self._runs = runs
        self._snapshots = snapshots
        self._submit = submit
        self._unsent: dict[tuple[str, str], Signal] = {}
        """The newest of each source and symbol; an older one is worth nothing beside it."""

    async def look(self) -> None:
        """Ask those strategies whose candle closed, and submit what is unsent."""
        for one in self._runs:
            configured = one.configured
            observed = self._snapshots.candles(configured.coin, configured.interval)
            if observed is None:
                continue
            try:
                said = await asyncio.to_thread(one.take, observed.candles)
            except SimulationFailed as error:
                FAILURES.labels(configured.source).inc()
                logger.error("a strategy failed", source=configured.source, error=str(error))
                continue
            if said is not None:
                signal = signal_of(one, said)
                self._unsent[(signal.source, signal.symbol)] = signal
        await self._submit_all()

    async def _submit_all(self) -> None:
        for key, signal in list(self._unsent.items()):
            if clock.now() - signal.ts_utc > MAX_LATE:
                SIGNALS.labels(signal.source, "too_late").inc()
                del self._unsent[key]
                continue
            subject = f"{SIGNAL_SUBMISSIONS_PREFIX}.{signal.source}"
            answer = json.loads(await self._submit(subject, signal.model_dump_json().encode()))
            del self._unsent[key]
            is_taken = answer.get("status") == CREATED
            SIGNALS.labels(signal.source, "taken" if is_taken else "refused").inc()
            if not is_taken:
                logger.warning("a signal was refused", source=signal.source, answer=answer)


def signal_of(run: LiveRun, said: Said) -> Signal:
    """Return what a strategy said as a signal of its source, as of the candle's close."""
    configured = run.configured
    return Signal(
        event_type="OPEN_SIGNAL" if said.is_acquire else "CLOSE_SIGNAL",
        symbol=configured.symbol,
        signal_direction="long" if said.is_acquire else "close_long",
        entry_price=said.close,
        size=said.size or configured.size,
        ts_utc=from_milliseconds(said.closed_ms),
        source=configured.source,
    )
