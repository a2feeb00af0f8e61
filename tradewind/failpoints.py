"""Failpoints: named places at which a test, or an operator in a drill, makes a process fail.

TRADEWIND_FAILPOINTS is read once at import: `name=action`, several separated by `;`. Actions are
`kill` (the process sends itself SIGKILL, which is as abrupt as power loss), `stop` (SIGSTOP: it
lives on and is silent) and `sleep:MS`. Kill and stop take a count: `kill:3` acts on the third
arrival. While the variable is unset, a failpoint costs one lookup in an empty dictionary.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from tradewind.errors import ConfigurationError

VARIABLE: Final = "TRADEWIND_FAILPOINTS"

type Action = Callable[[], None]


def failpoint(name: str) -> None:
    """Do what is configured for `name`, which is usually nothing."""
    if name in _ACTIONS:
        _ACTIONS[name]()


def parse(text: str) -> dict[str, Action]:
    """Return the action of each name; ConfigurationError for text that is none."""
    return dict(map(_parse_one, filter(None, (part.strip() for part in text.split(";")))))


def _parse_one(part: str) -> tuple[str, Action]:
    name, _, rest = part.partition("=")
    verb, _, number = rest.partition(":")
    count = int(number) if number.isdecimal() else 1
    has_number = number.isdecimal() and (count > 0 or verb == "sleep")
    is_valid = has_number or (not number and verb != "sleep")
    if not name or verb not in ("kill", "stop", "sleep") or not is_valid:
        raise ConfigurationError(
            f"{VARIABLE} is wrong: {part!r} is not name=kill[:N], name=stop[:N] or name=sleep:MS"
        )
    if verb == "sleep":
        return name, lambda: time.sleep(count / 1_000)
    number_of_signal = signal.SIGKILL if verb == "kill" else signal.SIGSTOP
    return name, lambda: _signal_on_arrival(name, count, number_of_signal)


def _signal_on_arrival(name: str, count: int, number: signal.Signals) -> None:
    _ARRIVALS[name] += 1
    if _ARRIVALS[name] == count:
        os.kill(os.getpid(), number)


_ARRIVALS: Final[Counter[str]] = Counter()
_ACTIONS: Final = parse(os.environ.get(VARIABLE, ""))
