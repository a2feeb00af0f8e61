"""Waits until nothing is on its way any more."""

import time
from typing import Final

from tradewind_client import FINAL_STATES, Client
from tradewind_client.errors import TradewindError

from tradewind.contracts.intents.lifecycle import IntentState

PATIENCE_SECONDS: Final = 90.0
PAUSE_SECONDS: Final = 0.5
OPEN_STATES: Final = tuple(str(one) for one in IntentState if one not in FINAL_STATES)
"""The states that the client does not take for an end."""


def unsettled(url: str) -> dict[str, int]:
    """Return how many intents are in each state that is not final, once patience is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with Client(url) as client:
        while True:
            found = _open(client)
            if found == {} or time.monotonic() > deadline:
                return found
            time.sleep(PAUSE_SECONDS)


def _open(client: Client) -> dict[str, int]:
    """Return what is open; a platform that cannot say yet counts as one intent."""
    try:
        counts = {state: sum(1 for _ in client.intents.list(state=state)) for state in OPEN_STATES}
    except TradewindError as error:
        return {f"unknown: {error}": 1}
    return {state: count for state, count in counts.items() if count}
