"""The SQL statements of benchmarks by name."""

from typing import Final

from tradewind.queries import load_queries

QUERIES: Final = load_queries("loadtest")
