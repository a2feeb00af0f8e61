"""The SQL statements about signals that wait by name."""

from typing import Final

from tradewind.queries import load_queries

QUERIES: Final = load_queries("tradewind.trading.signal_approvals")
BEGIN_WAIT: Final = QUERIES["begin_wait"]
END_WAIT: Final = QUERIES["end_wait"]
SELECT_WAIT: Final = QUERIES["select_wait"]
