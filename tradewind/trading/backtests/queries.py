"""The SQL statements about back-tests by name."""

from typing import Final

from tradewind.queries import load_queries

QUERIES: Final = load_queries("tradewind.trading.backtests")
