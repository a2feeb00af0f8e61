"""The SQL statements about outcomes of signals by name."""

from typing import Final

from tradewind.queries import load_queries

QUERIES: Final = load_queries("tradewind.trading.signal_outcomes")
SELECT_TABLES: Final = QUERIES["select_tables"]
SELECT_RETRO: Final = QUERIES["select_retro"]
KEEP_RETRO: Final = QUERIES["keep_retro"]
