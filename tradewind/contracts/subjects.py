"""The NATS subject of a topic and a key.

A subject is `<domain>.<verb>.<instrument>.<portfolio>`, with `_` for a key that an event lacks.
The stream may store it with two more tokens, the partitions of both keys (see `ordering`).
"""

import re
from functools import lru_cache
from typing import Annotated, Final

from pydantic import Field

from tradewind.contracts.wire import WireModel

NO_KEY: Final = "_"
KEY_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_STORED = re.compile(r"([^.]+(?:\.[^.]+){3})(?:\.(?:0|[1-9][0-9]?)){2}", re.ASCII)
_SUBJECTS_KEPT: Final = 4_096

KeyToken = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class EventKey(WireModel):
    """The two partition keys; they are the same in every event of a correlation."""

    instrument: KeyToken = NO_KEY
    portfolio: KeyToken = NO_KEY


def portfolio_key(portfolio_id: str) -> EventKey:
    """Return the key of what is about a portfolio, in any instrument."""
    return EventKey(portfolio=portfolio_id)


def risk_key(instrument: str, portfolio_id: str) -> EventKey:
    """Return the key of what is about an instrument in a portfolio: an intent and all it leads to.

    The first stage of risk is ordered by the one part of it, the second by the other.
    """
    return EventKey(instrument=instrument, portfolio=portfolio_id)


def subject_for(topic: str, key: EventKey) -> str:
    """Return the subject an event of `topic` with `key` is published on."""
    return f"{topic}.{key.instrument}.{key.portfolio}"


def subject_filter(topic: str) -> str:
    """Return the subject filter that matches every key of `topic`."""
    return f"{topic}.>"


@lru_cache(maxsize=_SUBJECTS_KEPT)
def published_subject(stored: str) -> str:
    """Return the subject a stored message was published on, without its partition tokens if any."""
    found = _STORED.fullmatch(stored)
    return found[1] if found else stored
