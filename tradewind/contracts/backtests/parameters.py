"""Parameters of strategies as people write them, in options and in files."""

import re
from typing import Final

from tradewind.contracts.backtests.model import Parameter

_INTEGER: Final = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)


def parse_parameter(text: str) -> Parameter:
    """Return an integer, true or false, or the text itself: a decimal stays one."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _INTEGER.fullmatch(text) else text
