"""The SQL statements about approvals by name."""

from typing import Final

from tradewind.queries import load_queries

QUERIES: Final = load_queries("tradewind.trading.approvals")
