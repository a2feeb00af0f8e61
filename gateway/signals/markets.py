"""What a signal's symbol stands for: the provider's coin, and the pair that an intent trades."""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.market.model import Coin
from tradewind.contracts.signals.model import SignalSymbol
from tradewind.errors import ConfigurationError
from tradewind.trading.marketdata.perpetuals import VARIABLE, Perpetual, Perpetuals
from tradewind.trading.tokens import TokenRegistry

_SYMBOLS: TypeAdapter[str] = TypeAdapter(SignalSymbol)


@dataclass(frozen=True, slots=True)
class SignalMarket:
    """One followed symbol."""

    symbol: str
    """The symbol itself where a signal used an alias."""
    coin: Coin
    assets: tuple[Asset, Asset]
    """Base and quote."""


class SignalMarkets:
    """The perpetuals that are followed, with the tokens their instruments trade.

    ConfigurationError names a perpetual that cannot be traded here.
    """

    def __init__(self, perpetuals: Perpetuals, tokens: TokenRegistry) -> None:
        self._perpetuals = perpetuals
        self._by_symbol = {one.symbol: _market(one, tokens) for one in perpetuals.perpetuals}

    def of(self, symbol: str) -> SignalMarket | None:
        """Return what a symbol or an alias stands for; None for an unknown one."""
        found = self._perpetuals.by_symbol(symbol)
        return None if found is None else self._by_symbol[found.symbol]


def _market(perpetual: Perpetual, tokens: TokenRegistry) -> SignalMarket:
    try:
        symbol = _SYMBOLS.validate_python(perpetual.symbol)
    except ValidationError:
        raise ConfigurationError(
            f"{VARIABLE}: {perpetual.symbol}: signals have 1 to 16 letters and digits"
        ) from None
    chain, *names = perpetual.instrument.split("-")
    base, quote = (_asset(tokens, chain, name, perpetual) for name in names)
    return SignalMarket(symbol, perpetual.coin, (base, quote))


def _asset(tokens: TokenRegistry, chain: str, name: str, perpetual: Perpetual) -> Asset:
    token = tokens.by_symbol(chain, name)
    if token is None:
        raise ConfigurationError(f"{VARIABLE}: {perpetual.symbol}: there is no token {name}")
    return token.asset
