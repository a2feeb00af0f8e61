"""What goes wrong, switched at run time: what the real service was seen to do (signals.md 1.2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

MAX_SECONDS: Final = 86_400.0


class Fault(StrEnum):
    """A way to go wrong."""

    UNPROCESSABLE = "unprocessable"
    """422 in plain text."""
    SERVER_ERROR = "server_error"
    """500 `null`, as for an unknown coin in fundingHistory."""
    BAD_GATEWAY = "bad_gateway"
    """502 with a page of HTML."""
    BUSY = "busy"
    """429 `null`, without any header that says until when."""
    NOTHING = "null"
    """200 `null`, as for the book of an unknown coin."""
    EMPTY_BOOK = "empty_book"
    """200 with no levels, as of a delisted coin."""
    NOT_JSON = "not_json"
    """200 with a page of HTML."""
    NONSENSE = "nonsense"
    """200 with JSON of another shape."""
    FLOATS = "floats"
    """200 with prices that are numbers."""
    CUT = "cut"
    """The connection is cut in the middle of an answer."""
    SLOW = "slow"
    """The answer takes `delay_seconds`."""
    STALE_BOOK = "stale_book"
    """Books, and their times, stand still."""
    GAP = "gap"
    """The second newest closed candle is missing."""
    LATE_CANDLE = "late_candle"
    """The newest closed candle is not there yet."""
    CUT_SOCKETS = "cut_sockets"
    """Sockets are closed without a word, and new ones after they opened."""
    SILENT_SOCKETS = "silent_sockets"
    """Sockets stay open, and nothing comes."""
    WRONG_FRAMES = "wrong_frames"
    """Frames have another shape."""
    AWAY = "away"
    """Every connection is cut before an answer, and every socket."""


@dataclass(frozen=True)
class Switched:
    """A fault that is on."""

    fault: Fault
    types: frozenset[str] = frozenset()
    """The types of requests it is about; empty means every type."""
    delay_seconds: float = 10.0
    until: float = float("inf")
    remaining: int | None = None
    """How many more requests; None means all."""


@dataclass
class Faults:
    """The faults that are on now."""

    clock: Callable[[], float]
    on: list[Switched] = field(default_factory=list)

    def switch_on(self, switched: Switched) -> None:
        """Add a fault."""
        self.on.append(switched)

    def clear(self) -> None:
        """Let everything go well again."""
        self.on.clear()

    def is_on(self, fault: Fault, request_type: str = "") -> bool:
        """Return whether a fault is on for a type of request."""
        return self._find(fault, request_type) is not None

    def take(self, request_type: str) -> list[Switched]:
        """Return the faults of one request, and count it."""
        found = [one for one in self._live() if not one.types or request_type in one.types]
        for one in found:
            if one.remaining is not None:
                place = self.on.index(one)
                left = one.remaining - 1
                self.on[place : place + 1] = [] if left == 0 else [_with(one, remaining=left)]
        return found

    def _find(self, fault: Fault, request_type: str) -> Switched | None:
        for one in self._live():
            if one.fault is fault and (not one.types or request_type in one.types):
                return one
        return None

    def _live(self) -> list[Switched]:
        now = self.clock()
        self.on = [one for one in self.on if now < one.until]
        return list(self.on)


def _with(switched: Switched, **changes: Any) -> Switched:
    return Switched(**(vars(switched) | changes))


def parse(document: Any, now: float) -> Switched:
    """Return what a control request asks for; ValueError says what is wrong with it."""
    if not isinstance(document, dict) or document.get("fault") not in set(Fault):
        raise ValueError(f"fault: must be one of {', '.join(Fault)}")
    types = document.get("types", [])
    if not isinstance(types, list) or not all(isinstance(one, str) for one in types):
        raise ValueError("types: must be a list of types of requests")
    remaining = document.get("requests")
    if remaining is not None and (type(remaining) is not int or remaining < 1):
        raise ValueError("requests: must be a whole number above 0")
    seconds = _seconds(document, "seconds", MAX_SECONDS)
    delay = _seconds(document, "delay_seconds", 10.0)
    until = now + seconds if "seconds" in document else float("inf")
    return Switched(Fault(document["fault"]), frozenset(types), delay, until, remaining)


def _seconds(document: dict[str, Any], name: str, default: float) -> float:
    value = document.get(name, default)
    if type(value) not in (int, float) or not 0 < value <= MAX_SECONDS:
        raise ValueError(f"{name}: must be above 0 and at most {MAX_SECONDS:.0f}")
    return float(value)
