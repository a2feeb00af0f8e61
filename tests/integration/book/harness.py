"""Screens intents, decides them against a cap, carries them out, and looks into the book."""

from typing import Final

from tradewind.trading.book.seams import Market

PORTFOLIO: Final = "demo"
NO_MARKET: Final = Market(lambda _: None)
