"""The running totals that metrics and limits need, carried from slice to slice as JSON."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from tradewind.contracts.backtests.payloads import MAX_STATE_LENGTH, BacktestFailure
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.manifests import canonical_json

SHARE_UNIT: Final = 10**12
"""Shares of an entry are integers of this fraction, so that sums are exact."""


@dataclass(slots=True)
class OfOne:
    """What one instrument contributed; base units of quote."""

    profit: int = 0
    trades: int = 0
    volume: int = 0


@dataclass(slots=True)
class Totals:
    """Sums so far. Money in base units of quote, times in milliseconds, places in steps."""

    cash: int = 0
    quote_decimals: int = 0
    start: int = 0
    """Equity at the first open."""
    records: int = 0
    """Trades of any outcome."""
    filled: int = 0
    reverted: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    fees: int = 0
    gas: int = 0
    reverted_gas: int = 0
    impact: int = 0
    volume: int = 0
    closed: int = 0
    wins: int = 0
    gains: int = 0
    losses: int = 0
    squares: int = 0
    """Of the profits of closed trades."""
    shares: int = 0
    """Of entries, in SHARE_UNIT."""
    measured: int = 0
    """How many closed trades have a share: those whose lots had cost something."""
    best: int | None = None
    worst: int | None = None
    losing: int = 0
    longest_losing: int = 0
    bars: int = 0
    exposed: int = 0
    equity_sum: float = 0.0
    """In whole quote, over bars."""
    peak: float = 0.0
    peak_bar: int = 0
    depth: float = 0.0
    """The deepest drawdown, negative."""
    depth_peak: float = 0.0
    depth_bar: int = 0
    recovered_bar: int = -1
    """Where the deepest drawdown ended; -1 while it lasts."""
    end: int = 0
    first_ms: int = 0
    last_ms: int = 0
    rows: int = 0
    """Equity rows."""
    day: int = -1
    spent: int = 0
    signals: str = ""
    """The hash of the signals so far."""
    whole_signals: str = ""
    """The hash of all signals of a vectorised strategy, which no slice may change."""
    guards: dict[str, str] = field(default_factory=dict)
    instruments: list[OfOne] = field(default_factory=list)
    shifts: dict[str, list[int]] = field(default_factory=dict)
    """Own impact that lasts: by `<instrument>.<pool>`, a ratio in Q96 and the bar of it."""

    def to_json(self) -> str:
        """Return canonical JSON; SimulationFailed where an event has no room for it."""
        document = asdict(self)
        document["instruments"] = [[one.profit, one.trades, one.volume] for one in self.instruments]
        text = canonical_json(document)
        if len(text) > MAX_STATE_LENGTH:
            detail = f"the running totals are {len(text)} characters, {MAX_STATE_LENGTH} allowed"
            raise SimulationFailed(BacktestFailure.STATE_TOO_LARGE, detail)
        return text

    @classmethod
    def from_json(cls, text: str) -> "Totals":
        """Return the totals that `to_json` wrote."""
        document: dict[str, Any] = json.loads(text)
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in document.items() if name in known}
        values["instruments"] = [OfOne(*one) for one in document["instruments"]]
        return cls(**values)

    def close(self, profit: int, cost: int) -> None:
        """Count a sale that realised a profit on lots that had cost so much."""
        self.closed += 1
        self.squares += profit * profit
        if profit > 0:
            self.wins += 1
            self.gains += profit
            self.losing = 0
        else:
            self.losses -= profit
            self.losing += 1
            if self.losing > self.longest_losing:
                self.longest_losing = self.losing
        if cost > 0:
            share = profit * SHARE_UNIT // cost
            self.measured += 1
            self.shares += share
            if self.best is None or share > self.best:
                self.best = share
            if self.worst is None or share < self.worst:
                self.worst = share

    def refuse(self, reason: str, count: int = 1) -> None:
        """Count orders that were not traded."""
        self.refused[reason] = self.refused.get(reason, 0) + count
