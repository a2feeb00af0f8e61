"""Waits until nothing is on its way any more."""

import time
from typing import Final

from tradewind_client import FINAL_STATES, Client
from tradewind_client.errors import TradewindError
from tradewind_client.signal_calls import SignalQuery

from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.signals.lifecycle import SignalState

PATIENCE_SECONDS: Final = 90.0
PAUSE_SECONDS: Final = 0.5
OPEN_STATES: Final = tuple(str(one) for one in IntentState if one not in FINAL_STATES)
"""The states that the client does not take for an end."""
OPEN_SIGNALS: Final = (SignalState.RECEIVED, SignalState.ENRICHED, SignalState.EVALUATED)


def unsettled(url: str, sends: str = "intents") -> dict[str, int]:
    """Return how many of what was sent are in each state that is no end, once patience is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with Client(url) as client:
        while True:
            found = _open_signals(client) if sends == "signals" else _open(client)
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


def _open_signals(client: Client) -> dict[str, int]:
    try:
        counts = {
            status: sum(1 for _ in client.signals.list(SignalQuery(status=status)))
            for status in OPEN_SIGNALS
        }
    except TradewindError as error:
        return {f"unknown: {error}": 1}
    return {status: count for status, count in counts.items() if count}
