"""Finds the strategies that an operator installed, by entry point group `tradewind.strategies`."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

GROUP: Final = "tradewind.strategies"


class Parameter(NamedTuple):
    """A parameter of a strategy's function."""

    name: str
    kind: Literal["boolean", "integer", "string"]
    """A decimal is a string."""
    default: bool | int | str | None
    """None where the function has none, so that a value must be given."""


class Strategy(NamedTuple):
    """An installed strategy."""

    name: str
    kind: Literal["signals", "step"]
    """`signals` is called once with all candles, `step` once a bar."""
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    source_sha256: str
    """Of the file that the function is in."""
    package: str
    version: str
    summary: str
    """The first line of the function's docstring."""

    @property
    def params_schema(self) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        raise NotImplementedError

    def checked(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters with defaults; InvalidRun names an unknown, missing or wrong one."""
        raise NotImplementedError


def load(name: str) -> Strategy:
    """Return the strategy of this name; SimulationFailed (STRATEGY_CHANGED) where there is none."""
    raise NotImplementedError


def installed() -> tuple[Strategy, ...]:
    """Return every strategy that can be loaded, by name; those that cannot are left out and logged."""
    raise NotImplementedError
