"""Tokens, pairs and addresses."""

from functools import lru_cache
from typing import Annotated, Any

from Crypto.Hash import keccak
from pydantic import BeforeValidator, Field, WithJsonSchema

from tradewind.contracts.wire import Document

MAX_TOKEN_DECIMALS = 36
MAX_TOKENS = 1_000
"""The most tokens a platform may trade."""


@lru_cache(maxsize=4096)
def to_checksum_address(address: str) -> str:
    """Return the mixed-case form of a 20-byte hexadecimal address (EIP-55)."""
    digits = address[2:].lower()
    digest = keccak.new(digest_bits=256, data=digits.encode()).hexdigest()
    return "0x" + "".join(
        char.upper() if int(nibble, 16) >= 8 else char
        for char, nibble in zip(digits, digest, strict=False)
    )


def _parse_address(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 42 or not value.startswith("0x"):
        raise ValueError("must be 0x followed by 40 hexadecimal digits")
    return _check_address(value)


@lru_cache(maxsize=4096)
def _check_address(value: str) -> str:
    if not all(char in "0123456789abcdefABCDEF" for char in value[2:]):
        raise ValueError("must be 0x followed by 40 hexadecimal digits")
    checksummed = to_checksum_address(value)
    if value[2:] != value[2:].lower() and value != checksummed:
        raise ValueError("has a wrong EIP-55 checksum")
    return checksummed


Address = Annotated[
    str,
    BeforeValidator(_parse_address),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}),
]
"""An EVM address, checksummed by EIP-55; all-lower-case input is accepted and checksummed."""

Chain = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9_]*$")]
MAX_SYMBOL_CHARACTERS = 16
Symbol = Annotated[
    str, Field(min_length=1, max_length=MAX_SYMBOL_CHARACTERS, pattern=r"^[A-Za-z0-9]+$")
]
"""What we call a token. It becomes part of subjects and keys, so it is letters and digits."""


class Asset(Document):
    """A token on a chain."""

    symbol: Symbol
    chain: Chain
    address: Address
    decimals: int = Field(ge=0, le=MAX_TOKEN_DECIMALS)


def _is_false(flag: object) -> bool:
    """Return whether to leave a flag out of the JSON; tokens observed before it keep their hash."""
    return flag is False


class RegisteredToken(Asset):
    """A token the platform trades; `usd_pegged` means that one of it counts as one US dollar."""

    usd_pegged: bool = False
    fee_on_transfer: bool = Field(False, exclude_if=_is_false)
    """A transfer delivers less than was sent. No plan is made for it: a fill would disagree."""
    rebasing: bool = Field(False, exclude_if=_is_false)
    """Balances change without a transfer."""
    native_wrapped: bool = Field(False, exclude_if=_is_false)
    """It is the chain's native token in the form of a contract, one for one."""

    @property
    def asset(self) -> Asset:
        """The token as intents and plans contain it, without flags."""
        return Asset(**self.model_dump(include=set(Asset.model_fields)))


def instrument_key(base: Asset, quote: Asset) -> str:
    """Return the key of a pair, `ethereum-WETH-USDC`: it is the third token of a NATS subject."""
    return f"{base.chain}-{base.symbol}-{quote.symbol}"
