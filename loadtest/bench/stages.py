"""Measures both stages of risk with their real roles: intents a second, and what the second adds.

A hop is what the first stage takes: from an intent on the stream to its verdict on the stream, with
a commit in between. The second stage is measured in such hops.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import nats
import orjson
import uvloop
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from loadtest.bench.backlog import declare, publish, publish_all
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.percentiles import percentile
from loadtest.bench.run import Run
from loadtest.pace import paced
from tradewind.contracts.envelope import AnyEvent, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent, IntentConstraints
from tradewind.contracts.intents.payloads import IntentAccepted, IntentSubmitted
from tradewind.contracts.ordering import PARTITIONS
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.subjects import EventKey, subject_filter
from tradewind.ledger.migrations import upgrade
from tradewind.operations.embedded.servers import Servers, start_servers
from tradewind.operations.processes.child import Program, spawn
from tradewind.trading.tokens import load_tokens

NAME: Final = "stages"
_STAGES: Final = (Role.RISK, Role.PORTFOLIO)
_REPLICAS: Final = (1, 3)
_PORTFOLIOS: Final = (1, 64)
_BACKLOG: Final = 1_000
_PACED: Final = 300
_PER_SECOND: Final = 20
_MAX_ADDED_HOPS: Final = Budget(3)
_DEADLINE_SECONDS: Final = 120.0
_WINDOW: Final = timedelta(hours=1)
_PAIRS: Final = (("WETH", "USDC"), ("WETH", "DAI"), ("WBTC", "USDC"), ("WBTC", "DAI"))


class Seen(NamedTuple):
    """When events of an intent were on the stream, in monotonic nanoseconds."""

    published: dict[str, int]
    screened: dict[str, int]
    accepted: dict[str, int]


def run(run: Run) -> list[Finding]:
    """Return intents/s by replicas and portfolios, and the latency of both stages at a pace."""
    findings = []
    for replicas in _REPLICAS:
        directory = run.subdirectory(f"stages-{replicas}")
        with start_servers(directory) as servers, _roles(servers, replicas):
            for portfolios in _PORTFOLIOS:
                per_second = uvloop.run(_backlog(run, servers, portfolios))
                what = f"{_counted(replicas, 'replica')}, {_counted(portfolios, 'portfolio')}"
                run.say(f"{NAME}: {what}: {per_second:,.0f}/s")
                findings.append(Finding(NAME, f"both stages, {what}", per_second, "intents/s"))
            if replicas == _REPLICAS[0]:
                seen = uvloop.run(_paced(servers, run.scaled(_PACED)))
                findings += _latencies(seen)
    return findings


@contextmanager
def _roles(servers: Servers, replicas: int) -> Iterator[None]:
    """Run prices, the ledger and both stages."""
    upgrade(servers.postgres_dsn)
    uvloop.run(declare(servers.nats_url, PARTITIONS))
    names = [Role.MARKET, Role.COORDINATOR, *(stage for stage in _STAGES for _ in range(replicas))]
    with ExitStack() as stack:
        for number, name in enumerate(names):
            stack.callback(_stop, _start(servers, name, number))
        yield


def _start(servers: Servers, role: Role, number: int) -> "subprocess.Popen[bytes]":
    environment = os.environ | {
        "TRADEWIND_NATS_URL": servers.nats_url,
        "TRADEWIND_POSTGRES_DSN": servers.postgres_dsn,
        "TRADEWIND_REDIS_URL": servers.redis_url,
        "TRADEWIND_LOG_LEVEL": "WARNING",
        "PLATFORM_MOCK_CHAIN": "true",
    }
    log_path = servers.processes["nats"].service.directory.parent / f"{role}-{number}.log"
    command = (sys.executable, "-m", "actors", role)
    return spawn(Program(command, log_path, environment=environment))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(timeout=30)


def _intents(count: int, portfolios: int) -> list[AnyEvent]:
    """Return submitted intents of a few dollars, on four instruments, that every limit lets by."""
    tokens, at = load_tokens(), datetime.now(UTC)
    pairs = [tuple(_asset(tokens.by_symbol("ethereum", one)) for one in pair) for pair in _PAIRS]
    return [
        _submitted(pairs[number % len(pairs)], f"bench-{number % portfolios}", number, at)
        for number in range(count)
    ]


def _asset(registered: object) -> Asset:
    asset: Asset = registered.asset  # type: ignore[attr-defined]
    return asset


def _submitted(pair: Sequence[Asset], strategy: str, number: int, at: datetime) -> AnyEvent:
    intent = Intent(
        strategy_id=strategy,
        intent_type="acquire",
        assets=(pair[0], pair[1]),
        amount=Decimal(number + 1).scaleb(-8),
        constraints=IntentConstraints(max_slippage=Decimal("0.01"), time_window=3_600),
    )
    intent_id = make_ulid(int(at.timestamp() * 1_000), os.urandom(10))
    return first_event(
        IntentSubmitted(intent_id=intent_id, intent=intent, expires_at=at + _WINDOW),
        correlation_id=make_correlation_id(CorrelationKind.INTENT, intent_id),
        key=EventKey(instrument=intent.instrument, portfolio=strategy),
        producer=Role.GATEWAY,
        at=at,
    )


class _Watcher:
    """Notes when verdicts are on the stream."""

    def __init__(self, expected: int) -> None:
        self.seen = Seen({}, {}, {})
        self._expected = expected
        self._all = asyncio.Event()

    async def open(self, client: Client) -> None:
        topics = (RiskScreened.topic, IntentAccepted.topic, RiskRejected.topic)
        await client.jetstream().subscribe(
            "",
            stream=EVENTS_STREAM,
            cb=self._on_message,
            manual_ack=True,
            config=ConsumerConfig(
                filter_subjects=[subject_filter(topic) for topic in topics],
                ack_policy=AckPolicy.NONE,
                deliver_policy=DeliverPolicy.NEW,
            ),
        )

    async def wait(self) -> None:
        try:
            await asyncio.wait_for(self._all.wait(), _DEADLINE_SECONDS)
        except TimeoutError:
            accepted = len(self.seen.accepted)
            raise BenchmarkFailed(f"{accepted} of {self._expected} were accepted") from None

    async def _on_message(self, message: Msg) -> None:
        now, event = time.monotonic_ns(), orjson.loads(message.data)
        if event["topic"] == RiskRejected.topic:
            raise BenchmarkFailed(event["payload"]["detail"])
        is_screened = event["topic"] == RiskScreened.topic
        noted = self.seen.screened if is_screened else self.seen.accepted
        noted.setdefault(event["correlationId"], now)
        if len(self.seen.accepted) == self._expected:
            self._all.set()


async def _backlog(run: Run, servers: Servers, portfolios: int) -> float:
    """Return how many intents a second both stages accept of as many as are there at once."""
    events = _intents(run.scaled(_BACKLOG), portfolios)
    async with await nats.connect(servers.nats_url, name="bench-stages") as client:
        watcher = _Watcher(len(events))
        await watcher.open(client)
        await publish_all(client, iter(events))
        await watcher.wait()
    times = sorted(watcher.seen.accepted.values())
    return (len(times) - 1) / ((times[-1] - times[0]) / 1e9)


async def _paced(servers: Servers, count: int) -> Seen:
    """Return when intents that come at a steady rate passed each stage."""
    events = _intents(count, _PORTFOLIOS[-1])
    async with await nats.connect(servers.nats_url, name="bench-stages") as client:
        watcher = _Watcher(count)
        await watcher.open(client)
        async with asyncio.TaskGroup() as publishing:
            async for number, _ in paced(count, _PER_SECOND):
                event = events[number]
                watcher.seen.published[event.correlation_id] = time.monotonic_ns()
                publishing.create_task(publish(client, event))
        await watcher.wait()
    return watcher.seen


def _latencies(seen: Seen) -> list[Finding]:
    first = _between(seen.published, seen.screened)
    second = _between(seen.screened, seen.accepted)
    rows = [
        Finding(NAME, f"{what} at {_PER_SECOND}/s, p{percent}", percentile(found, percent), "ms")
        for what, found in (("first stage, one hop", first), ("second stage", second))
        for percent in (50, 99)
    ]
    hops = percentile(second, 50) / percentile(first, 50)
    return [*rows, Finding(NAME, "hops the second stage adds, p50", hops, "", _MAX_ADDED_HOPS)]


def _between(start: dict[str, int], end: dict[str, int]) -> list[float]:
    return [(end[one] - at) / 1e6 for one, at in start.items()]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
