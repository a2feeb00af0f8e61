"""Whose a portfolio is, as its events say it, so that they go to whoever may see all of it."""

from typing import Annotated, Final

from pydantic import Field

from tradewind.contracts.intents.model import StrategyId

MAX_TOLD_STRATEGIES: Final = 64


def _is_nobody(strategies: tuple[str, ...]) -> bool:
    """Return whether to leave the field out of the JSON: earlier events do not have it."""
    return not strategies


Strategies = Annotated[
    tuple[StrategyId, ...], Field(max_length=MAX_TOLD_STRATEGIES, exclude_if=_is_nobody)
]
"""Every strategy that ever had an intent decided for the portfolio, by name.

Absent where there is none yet, or more than 64, and in events of earlier releases: then it is for
whoever sees all strategies.
"""
