"""The portfolios that the load is for, and the limits that some of them have."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from tradewind_client import Client

from loadtest.platform import Platform

PORTFOLIOS: Final = 9
"""It has no divisor in common with the kinds of intents, so every portfolio gets all of them."""
LIMITS: Final = Path(__file__).with_name("limits.yaml")
_BY: Final = "load test"


def portfolio_of(number: int) -> str:
    """Return the portfolio of the intent of this number."""
    return f"load-{number % PORTFOLIOS}"


def apply_limits(platform: Platform) -> None:
    """Put the limits into force; CalledProcessError where that fails."""
    tradewind = Path(sys.executable).with_name("tradewind")
    command = [str(tradewind), "limits", "apply", str(LIMITS), "--by", _BY]
    environment = {**os.environ, "TRADEWIND_POSTGRES_DSN": platform.postgres_dsn}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def refusals(url: str, since: datetime) -> Mapping[str, int]:
    """Return how many intents were refused since then, by the reason, the most frequent first.

    Of very many the platform counts the newest.
    """
    with Client(url) as client:
        counted = client.live.block_reasons(since=since)
    return {one.reason: one.count for one in counted.reasons}
