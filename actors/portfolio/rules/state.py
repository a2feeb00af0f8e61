"""The trading state in the book, in words."""

from typing import Final

from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.system.trading_states import TradingState

REDUCING: Final = TradingState.REDUCING
HALTED: Final = TradingState.HALTED
LOCK: Final = "lock:"
WALLET: Final = "wallet:"


def is_in_force(book: Book, kind: str) -> bool:
    """Return whether a state other than active is that of a scope of this kind."""
    return book.state in (REDUCING, HALTED) and (book.state_scope or "").startswith(kind)


def forbids(book: Book, state: TradingState) -> bool:
    """Return whether trading is in a state, other than by a lock or because of a wallet."""
    return book.state == state and not is_in_force(book, LOCK) and not is_in_force(book, WALLET)


def explain(book: Book, word: str) -> str:
    """Return which scope it is, and why."""
    because = f": {book.state_reason}" if book.state_reason else ""
    return f"{book.state_scope or 'everything'} is {word}{because}"
