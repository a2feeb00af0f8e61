"""Reads a back-test from a file or from options, in the form in which the gateway takes it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import click

from tradewind.contracts.backtests.parameters import parse_parameter
from tradewind.contracts.wire import format_timestamp, parse_time
from tradewind.trading.strict_yaml import InvalidYaml, read_yaml

MAX_FILE_BYTES: Final = 64 * 1024
_INTEGERS: Final = frozenset(
    {"fee_pips", "latency_ms", "impact_half_life_bars", "seed", "train_days", "test_days"}
)
"""Fields that are integers; numbers of all others are strings."""
_TIMES: Final = frozenset({"from", "to"})
_FLAGS: Final = frozenset({"price_moves"})
_OF_STRATEGIES: Final = frozenset({"params", "sweep"})


def read_backtest(path: Path) -> dict[str, Any]:
    """Return the back-test in a YAML or JSON file; the usage error says what is wrong."""
    try:
        document = read_yaml(path, MAX_FILE_BYTES)
    except InvalidYaml as error:
        raise click.BadParameter(str(error), param_hint="--file") from None
    if not isinstance(document, dict):
        raise click.BadParameter(f"{path} holds no mapping", param_hint="--file")
    return {name: _typed(name, value) for name, value in document.items()}


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Return parameters written as `fast=9`: integers, true and false, and strings."""
    params: dict[str, Any] = {}
    for setting in settings:
        name, found, text = setting.partition("=")
        if not found or not name or name in params:
            raise click.BadParameter(f"{setting}: must be NAME=VALUE, each name once")
        params[name] = parse_parameter(text)
    return params


def parse_grid(settings: Iterable[str]) -> dict[str, list[Any]]:
    """Return the values of a sweep, written as `fast=5,9,13`."""
    return {
        name: [parse_parameter(one) for one in str(text).split(",")]
        for name, text in parse_settings(settings).items()
    }


def _time(name: str, text: str) -> str:
    try:
        return format_timestamp(parse_time(text))
    except ValueError as error:
        raise click.BadParameter(f"{name}: {error}", param_hint="--file") from None


def _typed(name: str, value: Any, *, is_parameter: bool = False) -> Any:
    """Return a value of a file, in which every scalar is a string, as its field is."""
    if isinstance(value, Mapping):
        is_parameter = is_parameter or name in _OF_STRATEGIES
        return {key: _typed(key, one, is_parameter=is_parameter) for key, one in value.items()}
    if isinstance(value, list):
        return [_typed(name, one, is_parameter=is_parameter) for one in value]
    if not isinstance(value, str):
        return value
    if is_parameter:
        return parse_parameter(value)
    if name in _TIMES:
        return _time(name, value)
    return parse_parameter(value) if name in _INTEGERS | _FLAGS else value
