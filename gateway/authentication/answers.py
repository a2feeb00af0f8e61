"""Answers who is not believed: always with the same words, whatever is wrong."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from gateway.authentication.errors import OutsideWindow, Refused
from gateway.http.problems import Problem, ProblemCode, problem_of
from tradewind.contracts.wire import format_timestamp
from tradewind.errors import TradewindError

CHALLENGE: Final = "TW1-ED25519, TW1-HMAC-SHA256, Bearer"


def problem_of_refusal(error: TradewindError, now: Callable[[], datetime]) -> Problem:
    """Return the answer to who is refused, or who cannot be judged at the moment."""
    if isinstance(error, OutsideWindow):
        return Problem(
            ProblemCode.TIMESTAMP_OUTSIDE_WINDOW,
            "the signature is right, but its ts is too far from the time of the gateway",
            headers={"WWW-Authenticate": CHALLENGE},
            extra={"server_time": format_timestamp(now())},
        )
    if isinstance(error, Refused):
        return Problem(
            ProblemCode.UNAUTHENTICATED,
            "show a key that may be used here, as docs/contracts/authentication.md says",
            headers={"WWW-Authenticate": CHALLENGE},
        )
    return problem_of(error)
