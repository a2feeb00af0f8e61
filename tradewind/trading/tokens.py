"""Loads the tokens this platform trades from a JSON file that an operator can replace."""

from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from pydantic import Field, ValidationError

from tradewind.contracts.envelope import describe
from tradewind.contracts.instruments.assets import MAX_TOKENS, RegisteredToken
from tradewind.contracts.wire import Document
from tradewind.errors import ConfigurationError


class _TokenFile(Document):
    tokens: tuple[RegisteredToken, ...] = Field(min_length=1, max_length=MAX_TOKENS)


class TokenRegistry:
    """Looks tokens up by (chain, address) or (chain, symbol)."""

    def __init__(self, tokens: Iterable[RegisteredToken]) -> None:
        self.tokens = tuple(tokens)
        self._by_address = {(token.chain, token.address): token for token in self.tokens}
        self._by_symbol = {(token.chain, token.symbol): token for token in self.tokens}
        if not len(self._by_address) == len(self._by_symbol) == len(self.tokens):
            raise ConfigurationError("the token file names an address or symbol twice")

    def by_address(self, chain: str, address: str) -> RegisteredToken | None:
        """Return the token at a checksummed address, or None."""
        return self._by_address.get((chain, address))

    def by_symbol(self, chain: str, symbol: str) -> RegisteredToken | None:
        """Return the token with this symbol, or None."""
        return self._by_symbol.get((chain, symbol))


def load_tokens(path: Path | None = None) -> TokenRegistry:
    """Return the registry in `path`, or the built-in one; ConfigurationError says what is wrong."""
    try:
        data = path.read_bytes() if path else _built_in()
        return TokenRegistry(_TokenFile.model_validate_json(data).tokens)
    except OSError as error:
        raise ConfigurationError(
            f"TRADEWIND_TOKENS_FILE: cannot read {path}: {error.strerror}"
        ) from None
    except ValidationError as error:
        raise ConfigurationError(f"TRADEWIND_TOKENS_FILE: {describe(error)}") from None


def _built_in() -> bytes:
    return resources.files("tradewind.trading").joinpath("tokens.json").read_bytes()
