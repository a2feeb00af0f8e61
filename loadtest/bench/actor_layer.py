"""Measures one process that drains a backlog, beside its peers, in interleaved rounds."""

import json
from collections import defaultdict
from typing import Final, NamedTuple

from loadtest.bench.findings import Budget, Finding
from loadtest.bench.meter import Usage
from loadtest.bench.percentiles import median
from loadtest.bench.references import Reference
from loadtest.bench.run import Run, run_module
from tradewind.operations.embedded.servers import Servers, start_servers

NAME: Final = "actor layer"
_OURS: Final = "tradewind"
_ROUNDS = 5
_WARMUP = 500
_MESSAGES = 3_000


class _Rival(NamedTuple):
    module: str
    label: str
    least_ratio: float | None


_RIVALS: Final = (
    _Rival("faststream_pull", "FastStream, pull", 3),
    _Rival("faststream_push", "FastStream, push", 3),
    _Rival("taskiq", "taskiq-nats", 3),
    _Rival("dramatiq_redis", "Dramatiq on Redis", 6),
    _Rival("raw", "raw nats-py loop, parsing", 0.75),
    _Rival("raw_unparsed", "raw nats-py loop, no parsing", None),
)


def run(run: Run) -> list[Finding]:
    """Return messages per second of ours, and how many times as fast as each peer it is."""
    usages: dict[str, list[Usage]] = defaultdict(list)
    modules = [_OURS, *(rival.module for rival in _RIVALS)]
    rounds = 1 if run.quick else _ROUNDS
    with start_servers(run.subdirectory("actors"), names=("nats", "redis")) as servers:
        for number in range(rounds):
            for module in modules[number % 2 * 3 :] + modules[: number % 2 * 3]:
                usage = _measure(run, servers, module)
                usages[module].append(usage)
                run.say(
                    f"{NAME}: round {number + 1} of {rounds}, {module}: "
                    f"{usage.messages_per_second:,.0f}/s, "
                    f"{usage.cpu_us_per_message:.0f} µs CPU a message"
                )
    return _findings(usages)


def _measure(run: Run, servers: Servers, module: str) -> Usage:
    options = ("--nats-url", servers.nats_url, "--redis-url", servers.redis_url)
    sizes = ("--warmup", str(run.scaled(_WARMUP)), "--messages", str(run.scaled(_MESSAGES)))
    run_module("loadtest.bench.peers", module, "fill", *options, *sizes)
    output = run_module("loadtest.bench.peers", module, "consume", *options, *sizes)
    return Usage(**json.loads(output.splitlines()[-1]))


def _findings(usages: dict[str, list[Usage]]) -> list[Finding]:
    ours = median([usage.messages_per_second for usage in usages[_OURS]])
    cpu_us = _cpu_us(usages[_OURS])
    findings = [
        Finding(NAME, "Tradewind worker, one process", ours, "/s"),
        Finding(NAME, "its CPU a message", cpu_us, "µs", Budget(1), per=Reference.MESSAGE),
    ]
    for rival in _RIVALS:
        theirs = median([usage.messages_per_second for usage in usages[rival.module]])
        budget = Budget(rival.least_ratio, at_least=True) if rival.least_ratio else None
        note = f"{theirs:,.0f}/s, {_note(usages[rival.module])}"
        findings.append(
            Finding(NAME, f"Tradewind ÷ {rival.label}", ours / theirs, "×", budget, note)
        )
    return findings


def _note(usages: list[Usage]) -> str:
    return f"{_cpu_us(usages):,.0f} µs CPU a message"


def _cpu_us(usages: list[Usage]) -> float:
    return median([usage.cpu_us_per_message for usage in usages])
