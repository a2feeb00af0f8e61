"""The SQL statements about evaluations by name."""

from typing import Final

from tradewind.queries import load_queries

QUERIES: Final = load_queries("tradewind.trading.evaluations")
