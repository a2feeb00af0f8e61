"""Reads `instruments.yaml`, which names the pairs a platform trades and the bounds of each.

It is optional. Unknown keys, tokens that the token file lacks, and names that are taken are errors
that name the entry, because a bound that is misspelt would be no bound.
"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError

from tradewind.contracts.envelope import describe
from tradewind.contracts.instruments.assets import Chain, RegisteredToken, Symbol
from tradewind.contracts.instruments.registry import (
    MAX_ALIASES,
    MAX_INSTRUMENTS,
    Alias,
    Instrument,
    InstrumentTerms,
    instrument_of_pair,
)
from tradewind.contracts.wire import Document, Timestamp
from tradewind.errors import ConfigurationError
from tradewind.trading.instruments.declared import DeclaredInstruments
from tradewind.trading.strict_yaml import InvalidYaml, read_yaml
from tradewind.trading.tokens import TokenRegistry, load_tokens

VARIABLE: Final = "TRADEWIND_INSTRUMENTS_FILE"
MAX_FILE_BYTES: Final = 1024 * 1024
UNDATED: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""When the pairs of a token file were registered: it has no date, and one that moved would change
the bytes of what is published."""


class _Entry(InstrumentTerms):
    """A pair of the file, by the symbols of its tokens."""

    chain: Chain = "ethereum"
    base: Symbol
    quote: Symbol
    aliases: tuple[Alias, ...] = Field((), max_length=MAX_ALIASES)


class _InstrumentFile(Document):
    registered_at: Timestamp
    instruments: tuple[_Entry, ...] = Field(min_length=1, max_length=MAX_INSTRUMENTS)


def declared_instruments(
    tokens_file: Path | None, instruments_file: Path | None
) -> DeclaredInstruments:
    """Return what the two files declare; ConfigurationError says what is wrong with them."""
    tokens = load_tokens(tokens_file)
    if instruments_file is None:
        return DeclaredInstruments(tokens, UNDATED)
    try:
        content: Any = read_yaml(instruments_file, MAX_FILE_BYTES)
        parsed = _InstrumentFile.model_validate(content, strict=False)
    except InvalidYaml as error:
        raise ConfigurationError(f"{VARIABLE}: {error}") from None
    except ValidationError as error:
        raise ConfigurationError(f"{VARIABLE}: {describe(error)}") from None
    chosen = tuple(
        _instrument(entry, f"instruments.{index}", tokens)
        for index, entry in enumerate(parsed.instruments)
    )
    check_names(chosen)
    return DeclaredInstruments(tokens, parsed.registered_at, chosen)


def check_names(instruments: tuple[Instrument, ...]) -> None:
    """Raise ConfigurationError for a key or an alias that two instruments have."""
    names = Counter(name for one in instruments for name in (one.key, *one.aliases))
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise ConfigurationError(f"{VARIABLE}: {twice} is there twice")


def _instrument(entry: _Entry, place: str, tokens: TokenRegistry) -> Instrument:
    base = _token(entry.base, f"{place}.base", entry.chain, tokens)
    quote = _token(entry.quote, f"{place}.quote", entry.chain, tokens)
    if entry.version != 0:
        raise ConfigurationError(f"{VARIABLE}: {place}.version: is given by the registry")
    if base is quote:
        raise ConfigurationError(f"{VARIABLE}: {place}.quote: must be another token than base")
    return instrument_of_pair(base.asset, quote.asset, entry, entry.aliases)


def _token(symbol: str, place: str, chain: str, tokens: TokenRegistry) -> RegisteredToken:
    token = tokens.by_symbol(chain, symbol)
    if token is None:
        raise ConfigurationError(
            f"{VARIABLE}: {place}: {symbol} on {chain} is no token of TRADEWIND_TOKENS_FILE"
        )
    return token
