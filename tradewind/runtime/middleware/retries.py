"""When a handler that failed is tried again, and how often."""

from typing import Final

from dramatiq.middleware import Retries

MAX_RETRIES: Final = 5
MIN_BACKOFF_MS: Final = 100
MAX_BACKOFF_MS: Final = 30_000


def default_retries() -> Retries:
    """Return dramatiq's own middleware with our limits: exponential backoff with jitter.

    An actor that needs others says so where it is declared (`max_retries`, `min_backoff`, ...).
    """
    return Retries(max_retries=MAX_RETRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS)
