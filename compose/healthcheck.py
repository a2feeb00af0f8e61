"""Says whether the process of this container serves; one that serves nothing is healthy."""

import os
import sys
import urllib.request

TIMEOUT_SECONDS = 3
PAGES = {"TRADEWIND_METRICS_PORT": "metrics", "TRADEWIND_GATEWAY_PORT": "health"}
"""What answers at the port that each setting names."""


def main() -> int:
    """Return 0 once every page answers, 1 otherwise."""
    for variable, page in PAGES.items():
        port = os.environ.get(variable)
        if port and not answers(f"http://127.0.0.1:{port}/{page}"):
            return 1
    return 0


def answers(url: str) -> bool:
    """Return whether a page answers 200 in time."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
