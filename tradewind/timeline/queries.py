"""The statements of the timeline by name."""

from typing import Final

from tradewind.queries import load_queries

QUERIES: Final = load_queries("tradewind.timeline")
