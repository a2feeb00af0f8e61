"""`tradewind whatif`: what other limits would have made of recorded decisions."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import click

from tradewind.contracts.wire import format_timestamp
from tradewind.operations.cli.tables import print_table, printable
from tradewind.operations.cli.times import time_range_options
from tradewind.operations.embedded.model_keys import take_model_keys
from tradewind.operations.embedded.platform_chain import take_keys

LIMITS: Final = (
    *("max_notional_usd", "min_notional_usd", "max_slippage"),
    *("max_position_usd", "max_daily_notional_usd", "max_drawdown"),
)
_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)


def _changes(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    changed = {}
    for text in texts:
        name, is_set, value = text.partition("=")
        if not is_set or name not in LIMITS:
            raise click.BadParameter(f"{text!r} is not LIMIT=VALUE with one of {', '.join(LIMITS)}")
        changed[name] = value
    return changed
