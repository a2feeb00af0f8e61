"""Reads the file of the strategies that run live."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from tradewind.contracts.backtests.model import Parameters, StrategyName
from tradewind.contracts.backtests.parameters import parse_parameter
from tradewind.contracts.envelope import describe
from tradewind.contracts.intents.model import PositiveDecimal
from tradewind.contracts.market.model import Coin, Interval
from tradewind.contracts.signals.model import SignalSymbol, SourceId
from tradewind.contracts.wire import Document
from tradewind.errors import ConfigurationError
from tradewind.trading.strict_yaml import InvalidYaml, read_yaml

VARIABLE: Final = "TRADEWIND_STRATEGIST_FILE"
MAX_FILE_BYTES: Final = 64 * 1024
MAX_STRATEGIES: Final = 64


def _typed(params: Any) -> Any:
    """Return parameters with their types, as every scalar of the file is a string."""
    if not isinstance(params, Mapping):
        return params
    return {
        name: parse_parameter(value) if isinstance(value, str) else value
        for name, value in params.items()
    }


class LiveStrategy(Document):
    """A strategy on the candles of a market, whose signals are those of a source."""

    source: SourceId
    """Under which the gateway takes its signals; the policy of signals says what becomes of it."""
    strategy: StrategyName
    params: Annotated[Parameters, BeforeValidator(_typed)] = Field(default_factory=dict)
    symbol: SignalSymbol
    """What the signals are about."""
    coin: Coin
    """What the provider of market data calls it."""
    interval: Interval
    size: PositiveDecimal
    """Units of base of a signal that names no amount of its own."""


class StrategistFile(Document):
    """All strategies that run live."""

    strategies: Annotated[tuple[LiveStrategy, ...], Field(min_length=1, max_length=MAX_STRATEGIES)]

    @model_validator(mode="after")
    def _check_sources(self) -> Self:
        keys = Counter((one.source, one.symbol) for one in self.strategies)
        twice = [key for key, count in keys.items() if count > 1]
        if twice:
            raise ValueError(f"strategies: {twice[0][0]} has two for {twice[0][1]}")
        return self


def load_strategist_file(path: Path | None) -> tuple[LiveStrategy, ...]:
    """Return the strategies of a file, none without one; ConfigurationError names what is wrong."""
    if path is None:
        return ()
    try:
        content = read_yaml(path, MAX_FILE_BYTES)
        return StrategistFile.model_validate(content, strict=False).strategies
    except InvalidYaml as error:
        raise ConfigurationError(f"{VARIABLE}: {error}") from None
    except ValidationError as error:
        raise ConfigurationError(f"{VARIABLE}: {describe(error)}") from None
