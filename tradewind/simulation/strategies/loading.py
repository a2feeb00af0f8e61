"""Finds the strategies that an operator installed, by entry point group `tradewind.strategies`."""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, get_type_hints

import structlog

from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.simulation.errors import InvalidRun, SimulationFailed

GROUP: Final = "tradewind.strategies"
BUILT_IN: Final = {
    name: f"tradewind.simulation.strategies.examples.{name}:{function}"
    for name, function in (
        ("buy_and_hold", "signals"),
        ("ema_cross", "signals"),
        ("stop_loss", "step"),
    )
}
"""Examples that are always there; an installed strategy of the same name comes first."""
MAX_SUMMARY_CHARACTERS: Final = 200
ParameterKind = Literal["boolean", "integer", "string", "decimal"]
_KINDS: Final[dict[Any, ParameterKind]] = {
    bool: "boolean",
    int: "integer",
    str: "string",
    Decimal: "decimal",
}
_DECIMAL_PATTERN: Final = r"^-?(0|[1-9]\d{0,39})(\.\d{1,36})?$"

logger = structlog.get_logger(__name__)


class Parameter(NamedTuple):
    """A parameter of a strategy's function."""

    name: str
    kind: ParameterKind
    """A decimal is a string in a manifest, and a Decimal for the function."""
    default: bool | int | str | None
    """None where the function has none, so that a value must be given."""

    def parsed(self, value: object) -> Any:
        """Return a manifest's value as the function takes it; InvalidRun where it is another."""
        field = f"strategy.params.{self.name}"
        if self.kind == "decimal":
            try:
                parsed = Decimal(value) if isinstance(value, str) else Decimal("nan")
            except InvalidOperation:
                parsed = Decimal("nan")
            if not parsed.is_finite():
                raise InvalidRun(field, "must be a decimal string")
            return parsed
        wanted = {"boolean": bool, "integer": int, "string": str}[self.kind]
        if type(value) is not wanted:
            raise InvalidRun(field, f"must be of type {self.kind}")
        return value


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
        properties = {one.name: _schema_of(one) for one in self.parameters}
        required = [one.name for one in self.parameters if one.default is None]
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def checked(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the function is called with, defaults left to it.

        InvalidRun names the parameter that is unknown, missing or of another type.
        """
        known = {one.name: one for one in self.parameters}
        for name in params:
            if name not in known:
                raise InvalidRun(f"strategy.params.{name}", f"{self.name} has no such parameter")
        for one in self.parameters:
            if one.default is None and one.name not in params:
                raise InvalidRun(f"strategy.params.{one.name}", "is missing")
        return {name: known[name].parsed(value) for name, value in params.items()}


def load(name: str) -> Strategy:
    """Return the strategy of this name; SimulationFailed where none that works is installed."""
    found = _entries().get(name)
    if found is None:
        known = ", ".join(sorted(_entries())) or "none"
        detail = f"no strategy {name} is installed; there are: {known}"
        raise SimulationFailed(BacktestFailure.STRATEGY_CHANGED, detail[:500])
    try:
        return _strategy(found)
    except Exception as error:
        detail = f"{name} cannot be loaded: {type(error).__name__}: {error}"
        raise SimulationFailed(BacktestFailure.STRATEGY_CHANGED, detail[:500]) from error


def installed() -> tuple[Strategy, ...]:
    """Return the strategies that can be loaded, by name; of the others the log says why not."""
    found = []
    for name in sorted(_entries()):
        try:
            found.append(load(name))
        except SimulationFailed as error:
            logger.warning("strategy left out", strategy=name, reason=error.detail)
    return tuple(found)


def strategy_of(
    name: str, function: Callable[..., Any], package: str = "", version: str = ""
) -> Strategy:
    """Return the strategy that a function is; ValueError names what it lacks.

    It is a `step` by its name, else `signals`. Parameters are those after the candles, or after
    state and bar, each annotated bool, int, str or Decimal.
    """
    source = inspect.getsourcefile(function)
    if source is None:
        raise ValueError("the source file of the function is not there")
    kind: Literal["signals", "step"] = "step" if function.__name__ == "step" else "signals"
    skipped = 2 if kind == "step" else 1
    hints = get_type_hints(function)
    parameters = tuple(
        _parameter(one, hints)
        for one in list(inspect.signature(function).parameters.values())[skipped:]
    )
    documented = (inspect.getdoc(function) or "").partition("\n")[0]
    return Strategy(
        name,
        kind,
        function,
        parameters,
        hashlib.sha256(Path(source).read_bytes()).hexdigest(),
        package,
        version,
        documented[:MAX_SUMMARY_CHARACTERS],
    )


def _entries() -> dict[str, EntryPoint]:
    built_in = {name: EntryPoint(name, value, GROUP) for name, value in BUILT_IN.items()}
    return built_in | {one.name: one for one in entry_points(group=GROUP)}


def _strategy(entry: EntryPoint) -> Strategy:
    distribution = entry.dist
    package = "tradewind" if distribution is None else distribution.name
    version = "" if distribution is None else distribution.version
    return strategy_of(entry.name, entry.load(), package, version)


def _parameter(found: inspect.Parameter, hints: Mapping[str, Any]) -> Parameter:
    kind = _KINDS.get(hints.get(found.name))
    if kind is None or found.kind in (found.VAR_KEYWORD, found.VAR_POSITIONAL):
        raise ValueError(f"parameter {found.name}: must be annotated bool, int, str or Decimal")
    default = None if found.default is found.empty else found.default
    if isinstance(default, Decimal):
        default = format(default, "f")
    return Parameter(found.name, kind, default)


def _schema_of(parameter: Parameter) -> dict[str, Any]:
    if parameter.kind == "decimal":
        schema: dict[str, Any] = {"type": "string", "pattern": _DECIMAL_PATTERN}
    else:
        schema = {"type": parameter.kind}
    if parameter.default is not None:
        schema["default"] = parameter.default
    return schema
