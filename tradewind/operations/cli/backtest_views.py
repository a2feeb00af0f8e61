"""Prints back-tests: how far one is, its metrics, its trades, and two beside each other."""

import sys
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import click
from tradewind_client.rest_models import (
    BacktestComparison,
    BacktestDetail,
    BacktestItem,
    Results,
    Trade,
)

from tradewind.operations.cli.tables import print_table, printable

NOTHING: Final = "-"
RUN_HEADINGS: Final = (
    *("run", "status", "done", "strategy", "return", "drawdown", "Sharpe", "trades", "label"),
)
TRADE_HEADINGS: Final = (
    *("no.", "time", "pair", "side", "outcome", "price", "notional", "fee", "gas", "profit"),
    "reason",
)
_SHARES: Final = frozenset(
    {
        *("total_return", "cagr", "volatility", "max_drawdown", "win_rate", "exposure_time"),
        *("buy_and_hold", "expectancy_share", "probabilistic_sharpe"),
        *("best_trade", "worst_trade"),
    }
)
_PERCENT: Final = Decimal(100)


def share(value: Decimal | None) -> str:
    """Return a share in percent, with two digits after the point."""
    return NOTHING if value is None else f"{value * _PERCENT:.2f} %"


def number(value: Decimal | None) -> str:
    """Return a number with its own digits."""
    return NOTHING if value is None else f"{value:f}"


def run_row(one: BacktestItem) -> tuple[str, ...]:
    """Return the line of a run in a list."""
    found = one.summary
    result = (NOTHING,) * 4
    if found is not None:
        result = (
            *(share(found.total_return), share(found.max_drawdown)),
            *(number(found.sharpe), str(found.trades)),
        )
    return (one.run_id, one.status, f"{one.percent:f} %", one.strategy, *result, one.label or "")


def progress_line(one: BacktestDetail) -> str:
    """Return how far a run is."""
    line = f"{one.status} {one.percent:f} %"
    line += f" ({one.candles_processed:,} of {one.candles_total:,} candles)"
    if one.bars_per_second is not None:
        line += f", {one.bars_per_second:,}/s"
    return line if one.eta_seconds is None else f"{line}, {one.eta_seconds} s left"


class ProgressPrinter:
    """Prints how far a run is: over itself on a terminal, else a line for each change."""

    def __init__(self) -> None:
        self._last = ""
        self._is_terminal = sys.stderr.isatty()

    def show(self, line: str) -> None:
        """Print a line unless it is the last one."""
        if line == self._last:
            return
        if self._is_terminal:
            click.echo(f"\r{line.ljust(len(self._last))}", nl=False, err=True)
        else:
            click.echo(line, err=True)
        self._last = line

    def end(self) -> None:
        """Leave the line."""
        if self._is_terminal and self._last:
            click.echo(err=True)


def print_end(one: BacktestDetail) -> None:
    """Print how a run ended that has no result, or how far it is."""
    words = [f"{one.run_id} is {progress_line(one)}"]
    words += [str(part) for part in (one.reason, one.detail, one.at) if part]
    words += [f"by {one.cancelled_by}"] if one.cancelled_by else []
    click.echo(printable("; ".join(words)))


def print_results(run_id: str, results: Results) -> None:
    """Print all metrics of a run."""
    metrics = results.metrics
    click.echo(f"{run_id}: {results.exactness}, {metrics.days} days, {metrics.bars:,} candles\n")
    values = dict(metrics)
    rows = [
        (name.replace("_", " "), _shown(name, value))
        for name, value in values.items()
        if value is None or isinstance(value, Decimal | int)
    ]
    rows += [(f"{name.replace('_', ' ')}", number(value)) for name, value in metrics.costs]
    print_table(("metric", "value"), rows)
    for name, reason in dict(metrics.undefined).items():
        click.echo(printable(f"{name.replace('_', ' ')}: {reason}"))
    if metrics.refused:
        refused = ", ".join(f"{count} {reason}" for reason, count in dict(metrics.refused).items())
        click.echo(printable(f"refused: {refused}"))
    for name, what in dict(results.guards).items():
        click.echo(printable(f"guard {name}: {what}"))
    click.echo(f"result {results.result_sha256}")


def print_trades(trades: Iterable[Trade]) -> None:
    """Print trades."""
    rows = [
        (
            *(str(one.number), f"{one.time:%Y-%m-%d %H:%M:%S}", one.instrument, one.side),
            *(one.outcome, number(one.price), number(one.notional), number(one.fee)),
            *(number(one.gas), number(one.profit), one.reason or ""),
        )
        for one in trades
    ]
    if rows:
        print_table(TRADE_HEADINGS, rows)
    else:
        click.echo("it has no trade")


def print_comparison(found: BacktestComparison) -> None:
    """Print what two runs have in common, and where they part."""
    if found.is_equal:
        click.echo("the results are equal\n")
    headings = ("metric", found.a.label or found.a.run_id, found.b.label or found.b.run_id, "less")
    rows = [
        (one.metric, *(number(value) for value in (one.a, one.b, one.difference)))
        for one in found.metrics
    ]
    print_table(headings, rows, right=headings[1:3])
    if found.manifest:
        click.echo()
        differences = [(one.field, one.a or NOTHING, one.b or NOTHING) for one in found.manifest]
        print_table(("manifest", "a", "b"), differences)
    trade = found.first_trade
    if trade is not None:
        click.echo(f"\nthe first trade that differs is {trade.number}, by {trade.cause}")


def _shown(name: str, value: object) -> str:
    if value is None or isinstance(value, Decimal):
        return share(value) if name in _SHARES else number(value)
    return f"{value:,}"
