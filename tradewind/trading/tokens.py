"""Loads the tokens this platform trades from a JSON file that an operator can replace.

A token chose its symbol on the chain freely (`USDC.e`, `USD+`); ours becomes part of subjects and
keys. So a token of the file may have an `alias`, which is then its symbol everywhere here.
"""

import codecs
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationError

from tradewind.contracts.envelope import describe
from tradewind.contracts.instruments.assets import (
    MAX_SYMBOL_CHARACTERS,
    MAX_TOKENS,
    Asset,
    RegisteredToken,
)
from tradewind.contracts.wire import Document
from tradewind.errors import ConfigurationError

VARIABLE: Final = "TRADEWIND_TOKENS_FILE"
NATIVE_SYMBOL: Final = "WETH"
"""Gas is paid in the native coin, which has the price of this token that wraps it."""
MAX_CHAIN_SYMBOL_CHARACTERS: Final = 64
WIDE_ENCODINGS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def _under_its_alias(entry: Any) -> Any:
    """Return a token of the file under the symbol it has here."""
    if not isinstance(entry, dict):
        return entry
    told, alias = entry.get("symbol"), entry.get("alias")
    field, name = ("symbol", told) if alias is None else ("alias", alias)
    if not isinstance(told, str) or not 1 <= len(told) <= MAX_CHAIN_SYMBOL_CHARACTERS:
        raise ValueError(f"symbol: must be 1 to {MAX_CHAIN_SYMBOL_CHARACTERS} characters")
    if not _is_symbol(name):
        raise ValueError(
            f"{field}: {name!r} is not 1 to {MAX_SYMBOL_CHARACTERS} letters and digits; "
            'give the token an alias of such, like {"symbol": "USDC.e", "alias": "USDCe", ...}'
        )
    return {key: value for key, value in entry.items() if key != "alias"} | {"symbol": name}


def _is_symbol(name: object) -> bool:
    return (
        isinstance(name, str)
        and 1 <= len(name) <= MAX_SYMBOL_CHARACTERS
        and name.isascii()
        and name.isalnum()
    )


class _TokenFile(Document):
    tokens: tuple[Annotated[RegisteredToken, BeforeValidator(_under_its_alias)], ...] = Field(
        min_length=1, max_length=MAX_TOKENS
    )


class TokenRegistry:
    """Looks tokens up by (chain, address) or (chain, symbol)."""

    def __init__(self, tokens: Iterable[RegisteredToken]) -> None:
        self.tokens = tuple(tokens)
        self._by_address = {(token.chain, token.address): token for token in self.tokens}
        self._by_symbol = {(token.chain, token.symbol): token for token in self.tokens}
        self._assets = {place: token.asset for place, token in self._by_symbol.items()}
        for token in self.tokens:
            if self.by_address(token.chain, token.address) is not token:
                raise ConfigurationError(f"{VARIABLE}: names {token.address} twice")
            if self.by_symbol(token.chain, token.symbol) is not token:
                raise ConfigurationError(
                    f"{VARIABLE}: names {token.symbol} twice; give one of the two an alias"
                )

    def by_address(self, chain: str, address: str) -> RegisteredToken | None:
        """Return the token at a checksummed address, or None."""
        return self._by_address.get((chain, address))

    def by_symbol(self, chain: str, symbol: str) -> RegisteredToken | None:
        """Return the token with this symbol, or None."""
        return self._by_symbol.get((chain, symbol))

    def asset_by_symbol(self, chain: str, symbol: str) -> Asset | None:
        """Return the same without its flags."""
        return self._assets.get((chain, symbol))


def load_tokens(path: Path | None = None) -> TokenRegistry:
    """Return the registry in `path`, or the built-in one; ConfigurationError says what is wrong."""
    try:
        data = path.read_bytes() if path else _built_in()
    except OSError as error:
        raise ConfigurationError(f"{VARIABLE}: cannot read {path}: {error.strerror}") from None
    if data.startswith(WIDE_ENCODINGS):
        raise ConfigurationError(f"{VARIABLE}: {path} is UTF-16 or UTF-32: save it as UTF-8")
    try:
        # Some editors begin UTF-8 with a mark that JSON does not know.
        parsed = _TokenFile.model_validate_json(data.removeprefix(codecs.BOM_UTF8))
    except ValidationError as error:
        raise ConfigurationError(f"{VARIABLE}: {describe(error)}") from None
    return TokenRegistry(parsed.tokens)


def _built_in() -> bytes:
    return resources.files("tradewind.trading").joinpath("tokens.json").read_bytes()
