"""What accounts are kept by: tokens and pairs."""

from typing import Final, NamedTuple

from tradewind.contracts.instruments.assets import Asset

NATIVE_ADDRESS: Final = "0x0000000000000000000000000000000000000000"
"""Stands for a chain's native token, which has no contract."""
WEI_DECIMALS: Final = 18


class TokenKey(NamedTuple):
    """A token of a chain."""

    chain: str
    address: str

    @property
    def is_native(self) -> bool:
        return self.address == NATIVE_ADDRESS


class PairKey(NamedTuple):
    """A base token that is traded against a quote token."""

    chain: str
    base: str
    quote: str


def token_key(token: Asset) -> TokenKey:
    return TokenKey(token.chain, token.address)


def pair_key(base: Asset, quote: Asset) -> PairKey:
    return PairKey(base.chain, base.address, quote.address)


def native_token(chain: str) -> Asset:
    """Return the token that gas is paid in."""
    return Asset(symbol="ETH", chain=chain, address=NATIVE_ADDRESS, decimals=WEI_DECIMALS)
