"""Measures signals through a whole platform: every stage, from the request to the conclusion.

Only `baseline` judges, so what is measured is the platform's own.
"""

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import aiohttp
import nats
import orjson
import uvloop
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.flow_cpu import stretch_between
from loadtest.bench.flows import NONE_ALLOWED, read_clocks
from loadtest.bench.percentiles import percentile
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from loadtest.pace import paced
from loadtest.platform import SIMULATED, Platform, PlatformFailed, running_platform
from loadtest.signals import Quotes, signal_body
from tradewind.contracts.decisions.payloads import DecisionConcluded
from tradewind.contracts.signals.payloads import (
    SignalEnriched,
    SignalEvaluated,
    SignalReceived,
    SignalRejected,
)
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.subjects import subject_filter

NAME: Final = "signals"
COUNT: Final = 300
PER_SECOND: Final = 5.0
_WARMUP: Final = 20
_BACKLOG: Final = 100
_PATIENCE_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.1
_JSON: Final = {"Content-Type": "application/json"}
_PROBES: Final = 900_000
"""The numbers of signals that only ask whether there is market data begin here."""
_STAGES: Final = (
    SignalReceived.topic,
    SignalEnriched.topic,
    SignalEvaluated.topic,
    DecisionConcluded.topic,
)
_TOPICS: Final = (*_STAGES, SignalRejected.topic)
_SPANS: Final[Mapping[tuple[str, str], tuple[Budget | None, Budget | None]]] = {
    (SignalReceived.topic, SignalEnriched.topic): (Budget(14.5), Budget(72)),
    (SignalEnriched.topic, SignalEvaluated.topic): (Budget(18), None),
    (SignalEvaluated.topic, DecisionConcluded.topic): (Budget(9.6), None),
    (SignalReceived.topic, DecisionConcluded.topic): (Budget(42), Budget(180)),
}
"""p50 and p99 in durable publishes, from the milliseconds of the design and a publish of 0.83."""
_POST_BUDGETS: Final = (Budget(6), Budget(24))
_THROUGHPUT: Final = Budget(50, at_least=True)


class Seen(NamedTuple):
    """When events of signals were on the stream, monotonic nanoseconds, by signal and topic."""

    moments: dict[str, dict[str, int]]
    rejected: list[str]

    def concluded(self) -> int:
        """Return how many signals are concluded."""
        return sum(DecisionConcluded.topic in one for one in self.moments.values())


def run(run: Run) -> list[Finding]:
    """Start a platform of its own, on paper, and send it signals."""
    directory = run.subdirectory("signals") / "data"
    try:
        with running_platform(directory, SIMULATED) as platform:
            return uvloop.run(_measure(run, platform))
    except PlatformFailed as error:
        raise BenchmarkFailed(str(error)) from None


async def _measure(run: Run, platform: Platform) -> list[Finding]:
    async with await nats.connect(platform.nats_url, name="bench-signals") as client:
        seen, quotes = Seen({}, []), Quotes(client)
        await _watch(client, seen)
        await _wait_for_quotes(quotes)
        # Of the Python clients it takes the least time itself: with the one of the load test, a
        # quarter of what was measured was the client's own.
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(platform.url, timeout=timeout) as http:
            await _wait_for_data(http, quotes, seen)
            await _send(http, quotes, seen, _WARMUP, PER_SECOND, 0)
            seen.moments.clear()
            count = run.scaled(COUNT)
            run.say(f"{NAME}: {count} signals at {PER_SECOND:g}/s")
            before = read_clocks(platform)
            posts = await _send(http, quotes, seen, count, PER_SECOND, 1_000)
            stretch = stretch_between(before, read_clocks(platform))
            findings = [*_post_findings(posts), *_span_findings(seen)]
            cpu = stretch.a_flow(count)
            what = "CPU a signal, all processes and servers"
            findings.append(
                Finding(NAME, what, cpu.ours_ms, "ms", None, cpu.note, Reference.MESSAGE)
            )
            lost = count - seen.concluded()
            findings.append(Finding(NAME, "not concluded", lost, "signals", NONE_ALLOWED))
            return [*findings, await _backlog(run, http, quotes, seen)]


async def _backlog(run: Run, http: aiohttp.ClientSession, quotes: Quotes, seen: Seen) -> Finding:
    """Return how many signals a second are concluded when all are there at once."""
    count = run.scaled(_BACKLOG * 3)
    run.say(f"{NAME}: {count} signals at once")
    seen.moments.clear()
    started = time.monotonic_ns()
    await _send(http, quotes, seen, count, 10_000.0, 100_000)
    ends = [one[DecisionConcluded.topic] for one in seen.moments.values()]
    rate = len(ends) / ((max(ends) - started) / 1e9)
    return Finding(NAME, "saturation: concluded from a burst", rate, "/s", _THROUGHPUT)


async def _watch(client: Client, seen: Seen) -> None:
    async def note(message: Msg) -> None:
        now, event = time.monotonic_ns(), orjson.loads(message.data)
        if event["topic"] == SignalRejected.topic:
            seen.rejected.append(event["payload"]["reason"])
        seen.moments.setdefault(event["correlationId"], {}).setdefault(event["topic"], now)

    await client.jetstream().subscribe(
        "",
        stream=EVENTS_STREAM,
        cb=note,
        manual_ack=True,
        config=ConsumerConfig(
            filter_subjects=[subject_filter(topic) for topic in _TOPICS],
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.NEW,
        ),
    )


async def _wait_for_quotes(quotes: Quotes) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            await quotes.price()
        except LookupError as error:
            if time.monotonic() > deadline:
                raise BenchmarkFailed(str(error)) from None
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return


async def _wait_for_data(http: aiohttp.ClientSession, quotes: Quotes, seen: Seen) -> None:
    """Send a signal every second until one is not rejected: candles come after prices."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for number in itertools.count(_PROBES):
        try:
            await _send(http, quotes, seen, 1, 1.0, number)
        except BenchmarkFailed:
            if time.monotonic() > deadline:
                raise
            seen.rejected.clear()
            await asyncio.sleep(1)
        else:
            return


async def _send(
    http: aiohttp.ClientSession,
    quotes: Quotes,
    seen: Seen,
    count: int,
    per_second: float,
    first: int,
) -> list[float]:
    """Post signals and wait for all conclusions; return milliseconds from due to answered."""
    price, concluded_before = await quotes.price(), seen.concluded()
    latencies: list[float] = []
    refused: list[str] = []

    async def post(body: dict[str, Any], due_ns: int) -> None:
        async with http.post("/signals", data=orjson.dumps(body), headers=_JSON) as response:
            text = await response.text()
        if response.status == 201:
            latencies.append((time.monotonic_ns() - due_ns) / 1e6)
        else:
            refused.append(f"{response.status} {text[:200]}")

    async with asyncio.TaskGroup() as posting:
        async for number, due_ns in paced(count, per_second):
            posting.create_task(post(signal_body(first + number, price), due_ns))
    if refused:
        raise BenchmarkFailed(f"POST /signals, {len(refused)} refused: {refused[0]}")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while seen.concluded() - concluded_before < count:
        if seen.rejected or time.monotonic() > deadline:
            done = seen.concluded() - concluded_before
            raise BenchmarkFailed(f"{done} of {count} concluded; rejected: {seen.rejected[:3]}")
        await asyncio.sleep(_POLL_SECONDS)
    return latencies


def _post_findings(latencies: Sequence[float]) -> list[Finding]:
    return [
        Finding(
            NAME,
            f"POST /signals, due → answered, p{percent}",
            percentile(latencies, percent),
            "ms",
            budget,
            per=Reference.PUBLISH,
        )
        for percent, budget in zip((50, 95), _POST_BUDGETS, strict=True)
    ]


def _span_findings(seen: Seen) -> list[Finding]:
    findings = []
    for (start, end), budgets in _SPANS.items():
        spans = [
            (one[end] - one[start]) / 1e6
            for one in seen.moments.values()
            if start in one and end in one
        ]
        for percent, budget in zip((50, 99), budgets, strict=True):
            value = percentile(spans, percent) if spans else None
            what = f"{start} → {end}, p{percent}"
            findings.append(Finding(NAME, what, value, "ms", budget, per=Reference.PUBLISH))
    return findings
