"""Measures back-tests beside other tools: an EMA cross over minute candles, all in and all out.

CPU seconds, the least of the rounds, from columns in memory to statistics: files, imports and what
compiles are left out for every tool.
"""

import json
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from loadtest.bench import backtest_tools as tools
from loadtest.bench.backtest_tools import Measured, Tool
from loadtest.bench.candles import random_prices
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.run import Run, run_module

NAME: Final = "backtest"
BARS: Final = 1_000_000
FEW_BARS: Final = 100_000
"""Of the tools that would take minutes."""
ROUNDS: Final = 3
SECONDS: Final = 600
MAX_PEAK: Final = Budget(300)
CENT: Final = Budget(0.01)
FEE_WITHIN: Final = {"FEE_WITHIN": "1"}


class Peer(NamedTuple):
    """A tool, on how many bars it is measured, and how much faster ours has to be."""

    tool: Tool
    bars: int
    rounds: int
    least: Budget
    has_same_model: bool
    """Whether its last equity is the floor's to the cent."""


PEERS: Final = (
    Peer(tools.VECTORBT, BARS, ROUNDS + 1, Budget(1, at_least=True), True),
    Peer(tools.BACKTESTING, BARS, 1, Budget(10, at_least=True), True),
    Peer(tools.BACKTRADER, FEW_BARS, 1, Budget(100, at_least=True), False),
    Peer(tools.NAUTILUS, FEW_BARS, 1, Budget(100, at_least=True), False),
)
MODELS: Final = {
    "flat": "ours, one pool without impact",
    "tiers": "ours, exact V3, 3 tiers and gas",
}


class Floors(NamedTuple):
    """What a bare loop ends with: a fee on top of what is traded, and one within it."""

    on_top: Measured
    within: Measured


def run(run: Run) -> list[Finding]:
    """Return bars per CPU second, peaks, ratios to other tools, and differences of equity."""
    findings: list[Finding] = []
    many, few = run.scaled(BARS), run.scaled(FEW_BARS)
    prices = {bars: write_prices(run.directory, bars) for bars in (many, few)}
    ours = {(model, bars): ours_of(model, bars) for model in MODELS for bars in prices}
    for model, label in MODELS.items():
        findings += _ours(label, ours[model, many], many)
    try:
        floors = Floors(
            tools.measure(run, tools.FLOOR, prices[many], ROUNDS + 1),
            tools.measure(run, tools.FLOOR, prices[many], ROUNDS + 1, FEE_WITHIN),
        )
    except BenchmarkFailed as error:
        return [*findings, _skipped(tools.FLOOR, error)]
    findings += [
        _speed(tools.FLOOR.label, floors.on_top, many, "no orders, no log, no statistics"),
        _equity(MODELS["flat"], ours["flat", many], floors.within, "the fee is within both"),
    ]
    for peer in PEERS:
        bars = run.scaled(peer.bars)
        findings += _peer(run, peer, prices[bars], bars, ours, floors)
    return findings


def write_prices(directory: Path, bars: int) -> Path:
    """Write prices as all tools read them; return the file."""
    path = directory / f"candles-{bars}.npy"
    np.save(path, np.stack(random_prices(bars)))
    return path


def ours_of(model: str, bars: int) -> Measured:
    """Return the best of our runs, each in a process of its own; BenchmarkFailed otherwise."""
    return min((_once(model, bars) for _ in range(ROUNDS)), key=lambda one: one.cpu_seconds)


def _once(model: str, bars: int) -> Measured:
    arguments = (str(bars), model)
    said = run_module("loadtest.bench.backtest_run", *arguments, timeout_seconds=SECONDS)
    document = json.loads(said.splitlines()[-1])
    return Measured(**{**document, "end_equity": float(document["end_equity"])})


def _peer(
    run: Run,
    peer: Peer,
    prices: Path,
    bars: int,
    ours: dict[tuple[str, int], Measured],
    floors: Floors,
) -> list[Finding]:
    label = peer.tool.label
    try:
        found = tools.measure(run, peer.tool, prices, peer.rounds)
    except BenchmarkFailed as error:
        return [_skipped(peer.tool, error)]
    first = f"{found.orders} orders; the first round took {found.first_cpu_seconds:.1f} s"
    findings = [
        _speed(label, found, bars, first),
        Finding(NAME, f"{label}, peak", found.peak_mib, "MiB", note=f"{bars} bars"),
    ]
    for model, name in MODELS.items():
        times = found.cpu_seconds / ours[model, bars].cpu_seconds
        findings.append(Finding(NAME, f"{name} ÷ {label}", times, "×", peer.least, f"{bars} bars"))
    if peer.has_same_model:
        findings.append(_equity(label, found, floors.on_top, "the fee is on top in both"))
    return findings


def _ours(label: str, found: Measured, bars: int) -> list[Finding]:
    peak = Finding(NAME, f"{label}, peak", found.peak_mib, "MiB", MAX_PEAK, f"{bars} bars")
    return [_speed(label, found, bars, f"{found.orders} orders"), peak]


def _speed(label: str, found: Measured, bars: int, note: str) -> Finding:
    note = f"{bars} bars in {found.cpu_seconds:.3f} CPU s; {note}"
    return Finding(NAME, label, bars / found.cpu_seconds, "bars/CPU s", note=note)


def _equity(label: str, found: Measured, floor: Measured, note: str) -> Finding:
    apart = abs(found.end_equity - floor.end_equity)
    note = f"{found.end_equity:.6f} and {floor.end_equity:.6f}; {note}"
    return Finding(NAME, f"{label}, last equity apart from the loop's", apart, "USDC", CENT, note)


def _skipped(tool: Tool, error: BenchmarkFailed) -> Finding:
    return Finding(NAME, f"{tool.label}: left out", None, "", note=str(error))
