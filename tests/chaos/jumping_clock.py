"""`python -m tests.chaos.jumping_clock FILE actors ROLE...`: a role whose wall clock can be turned.

FILE holds one double, the seconds to add. The classes of the standard library stay as they are;
the product's one clock is given another `datetime` to ask, and `time.time` is wrapped. The
monotonic clock does not jump, as it does not in reality.
"""

import runpy
import struct
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from tradewind.runtime import clock


class JumpingClock:
    """Replaces `datetime` in the clock of the product, and adds the offset to `now`."""

    def __init__(self, shift: Callable[[], float]) -> None:
        self._shift = shift

    def now(self, zone: tzinfo | None = None) -> datetime:
        """Return the shifted time."""
        return datetime.now(zone) + timedelta(seconds=self._shift())

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)

    def __call__(self, *arguments: Any, **named: Any) -> datetime:
        return datetime(*arguments, **named)


def _shift_in(path: Path) -> Callable[[], float]:
    def shift() -> float:
        try:
            (seconds,) = struct.unpack("d", path.read_bytes())
        except (OSError, struct.error):
            return 0.0
        return float(seconds)

    return shift


def main() -> None:
    """Turn the clock, then run the room named on the command line."""
    path, room, *arguments = sys.argv[1:]
    shift, real_time = _shift_in(Path(path)), time.time
    vars(clock)["datetime"] = JumpingClock(shift)
    time.time = lambda: real_time() + shift()
    sys.argv = [room, *arguments]
    runpy.run_module(room, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
