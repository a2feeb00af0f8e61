"""Which perpetual of the provider is the price of which instrument: `perpetuals.yaml`.

A symbol that is not in the file is refused, so that no stranger decides what the provider is asked,
and no name is sent to it that could close its socket.
"""

from collections import Counter
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import Field, ValidationError, model_validator

from tradewind.contracts.envelope import describe
from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS, Coin
from tradewind.contracts.wire import Document
from tradewind.errors import ConfigurationError
from tradewind.trading.strict_yaml import InvalidYaml, parse_yaml, read_yaml

VARIABLE: Final = "TRADEWIND_PERPETUALS_FILE"
MAX_FILE_BYTES: Final = 256 * 1024
MAX_PERPETUALS: Final = 50
"""Each is three subscriptions, and a share of the weight at every close."""
MAX_ALIASES: Final = 20
MAX_INTERVALS: Final = 6
THOUSANDS: Final = "k"
"""The provider's `kPEPE` is a thousand PEPE."""

PerpSymbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,31}$")]
InstrumentKey = Annotated[
    str, Field(pattern=r"^[a-z0-9]{1,32}-[A-Za-z0-9]{1,20}-[A-Za-z0-9]{1,20}$")
]


class Perpetual(Document):
    """A perpetual, and the instrument that signals about it are carried out on."""

    symbol: PerpSymbol
    """The word signals have for it."""
    aliases: tuple[PerpSymbol, ...] = Field((), max_length=MAX_ALIASES)
    coin: Coin
    instrument: InstrumentKey

    @model_validator(mode="after")
    def _check_coin(self) -> Self:
        if self.coin.startswith(THOUSANDS) and self.coin[1:].isupper():
            raise ValueError("coin: is priced by the thousand tokens, which nobody here reckons in")
        return self

    @property
    def base(self) -> str:
        """The token that is bought or sold."""
        return self.instrument.split("-")[1]

    @property
    def quote(self) -> str:
        """The token it is paid in."""
        return self.instrument.split("-")[2]


class Perpetuals(Document):
    """The file."""

    intervals: tuple[str, ...] = Field(min_length=1, max_length=MAX_INTERVALS)
    """The time frames of which candles are kept."""
    perpetuals: tuple[Perpetual, ...] = Field(min_length=1, max_length=MAX_PERPETUALS)

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        unknown = next((one for one in self.intervals if one not in CANDLE_INTERVALS_SECONDS), None)
        if unknown is not None:
            raise ValueError(
                f"intervals: {unknown} is none of {', '.join(CANDLE_INTERVALS_SECONDS)}"
            )
        for names in (
            self.intervals,
            [name.upper() for one in self.perpetuals for name in (one.symbol, *one.aliases)],
            [one.coin for one in self.perpetuals],
            [one.instrument for one in self.perpetuals],
        ):
            twice = next((name for name, count in Counter(names).items() if count > 1), None)
            if twice is not None:
                raise ValueError(f"perpetuals: {twice} is there twice")
        return self

    @cached_property
    def _by_symbol(self) -> dict[str, Perpetual]:
        return {name.upper(): one for one in self.perpetuals for name in (one.symbol, *one.aliases)}

    @cached_property
    def coins(self) -> tuple[str, ...]:
        """The provider's names."""
        return tuple(one.coin for one in self.perpetuals)

    def by_symbol(self, symbol: str) -> Perpetual | None:
        """Return the perpetual of a symbol or an alias, in upper or lower case, or None."""
        return self._by_symbol.get(symbol.upper())

    def by_instrument(self, key: str) -> Perpetual | None:
        """Return the perpetual that is the price of an instrument, or None."""
        return next((one for one in self.perpetuals if one.instrument == key), None)


def load_perpetuals(path: Path | None = None) -> Perpetuals:
    """Return what a file says, or the built-in one; ConfigurationError says what is wrong."""
    try:
        content: Any = parse_yaml(_built_in()) if path is None else read_yaml(path, MAX_FILE_BYTES)
        return Perpetuals.model_validate(content, strict=False)
    except InvalidYaml as error:
        raise ConfigurationError(f"{VARIABLE}: {error}") from None
    except ValidationError as error:
        raise ConfigurationError(f"{VARIABLE}: {describe(error)}") from None


def _built_in() -> bytes:
    return resources.files("tradewind.trading.marketdata").joinpath("perpetuals.yaml").read_bytes()
