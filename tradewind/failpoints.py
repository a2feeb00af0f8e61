"""Failpoints: named places at which a test, or an operator in a drill, makes a process fail.

TRADEWIND_FAILPOINTS is read once at import: `name=action`, several separated by `;`. Actions are
`kill` (the process sends itself SIGKILL, which is as abrupt as power loss), `stop` (SIGSTOP: it
lives on and is silent), `raise` (an InjectedFault, which nobody expects) and `sleep:MS`. All but
sleep take a count: `kill:3` acts on the third arrival. While the variable is unset, a failpoint
costs one lookup in an empty dictionary.
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


class InjectedFault(Exception):
    """A failpoint raised it; no code knows this error, as it would not know one of a defect."""


def failpoint(name: str) -> None:
    """Do what is configured for `name`, which is usually nothing."""
    if name in ACTIONS:
        ACTIONS[name]()


def parse(text: str) -> dict[str, Action]:
    """Return the action of each name; ConfigurationError for text that is none."""
    return dict(map(_parse_one, filter(None, (part.strip() for part in text.split(";")))))


def _parse_one(part: str) -> tuple[str, Action]:
    name, _, rest = part.partition("=")
    verb, _, number = rest.partition(":")
    count = int(number) if number.isdecimal() else 1
    has_number = number.isdecimal() and (count > 0 or verb == "sleep")
    is_valid = has_number or (not number and verb != "sleep")
    if not name or verb not in ("kill", "stop", "raise", "sleep") or not is_valid:
        raise ConfigurationError(
            f"{VARIABLE} is wrong: {part!r} is not name=kill[:N], name=stop[:N], name=raise[:N] "
            "or name=sleep:MS"
        )
    if verb == "sleep":
        return name, lambda: time.sleep(count / 1_000)
    return name, lambda: _act_on_arrival(name, count, verb)


def _act_on_arrival(name: str, count: int, verb: str) -> None:
    _ARRIVALS[name] += 1
    if _ARRIVALS[name] != count:
        return
    if verb == "raise":
        raise InjectedFault(name)
    os.kill(os.getpid(), signal.SIGKILL if verb == "kill" else signal.SIGSTOP)


_ARRIVALS: Final[Counter[str]] = Counter()
ACTIONS: Final = parse(os.environ.get(VARIABLE, ""))
