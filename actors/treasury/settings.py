"""Settings of the treasury; those of a chain are loaded where there is one."""

from decimal import Decimal, InvalidOperation

from pydantic import Field, field_validator

from tradewind.contracts.instruments.assets import MAX_SYMBOL_CHARACTERS
from tradewind.settings import (
    ChainChoiceSettings,
    ChainNameSettings,
    PostgresSettings,
    TokenSettings,
)

MAX_ENTRIES = 1_000


def parse_amounts(text: str) -> dict[str, Decimal]:
    """Return amounts by symbol from `USDC=0.01,ETH=0`; ValueError names what is wrong."""
    amounts: dict[str, Decimal] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        symbol, _, number = entry.partition("=")
        if not (symbol.isascii() and symbol.isalnum() and len(symbol) <= MAX_SYMBOL_CHARACTERS):
            raise ValueError(f"{symbol!r} is no symbol of a token")
        try:
            amount = Decimal(number)
        except InvalidOperation:
            raise ValueError(f"{symbol}: {number!r} is no number") from None
        if not (amount.is_finite() and amount >= 0):
            raise ValueError(f"{symbol}: must not be negative")
        if symbol in amounts:
            raise ValueError(f"{symbol}: is named twice")
        amounts[symbol] = amount
    if len(amounts) > MAX_ENTRIES:
        raise ValueError(f"more than {MAX_ENTRIES} entries")
    return amounts


class TreasurySettings(ChainChoiceSettings, ChainNameSettings, PostgresSettings, TokenSettings):
    """The treasury."""

    reconcile_seconds: float = Field(60, ge=1, le=86_400)
    """How often wallets are compared with the chain; settled transactions lead to it sooner."""
    drift_dust: str = ""
    """What counts as no difference, in whole tokens by symbol: `USDC=0.01,ETH=0.000001`. Nothing by
    default: the books are exact."""
    fee_tokens: str = ""
    """Tokens that keep a part of a transfer without saying so, with the largest part in percent:
    `STA=1`. Any other one that does freezes the wallet."""
    rebasing_tokens: str = ""
    """Tokens whose balances change by themselves, with the largest change in a day in percent:
    `STETH=0.1`. A larger one freezes the wallet, as does any change of another token."""

    @field_validator("drift_dust", "fee_tokens", "rebasing_tokens")
    @classmethod
    def _check_amounts(cls, text: str) -> str:
        parse_amounts(text)
        return text
