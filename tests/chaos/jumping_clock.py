"""`python -m tests.chaos.jumping_clock FILE actors ROLE...`: a role whose wall clock can be turned.

FILE holds one double, the seconds to add. The classes of the standard library stay as they are;
the modules of ours that ask for the time are given another `datetime` to ask, and `time.time` is
wrapped. The monotonic clock does not jump, as it does not in reality.
"""

import runpy
import struct
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

ROOMS: Final = ("actors", "gateway", "tradewind")
ASKING: Final = {
    "actors": ("actors.market.simulated_feed",),
    "gateway": ("gateway.bootstrap", "gateway.http.middleware.request_id"),
}
"""What is imported late, but has to be there to be turned."""
ASKS: Final = "datetime.now("


class JumpingClock:
    """Stands where a module has `datetime`: what is asked of it is the same, but for the hour."""

    def __init__(self, shift: Callable[[], float]) -> None:
        self._shift = shift

    def now(self, zone: tzinfo | None = None) -> datetime:
        """Return the time as this process believes it to be."""
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


def turn(module: ModuleType, clock: JumpingClock) -> bool:
    """Give a module that asks for the time this clock; return whether it is one."""
    asks = ASKS in Path(module.__file__ or "").read_text() if module.__file__ else False
    if asks and vars(module).get("datetime") is datetime:
        vars(module)["datetime"] = clock
    return asks


def main() -> None:
    """Turn what asks for the time, then run the room named on the command line."""
    path, room, *arguments = sys.argv[1:]
    shift = _shift_in(Path(path))
    clock, real_time = JumpingClock(shift), time.time
    roles = [f"{room}.{role}" for role in arguments] if room == "actors" else []
    for name in (*ASKING[room], *roles):
        import_module(name)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ROOMS:
            turn(module, clock)
    time.time = lambda: real_time() + shift()
    sys.argv = [room, *arguments]
    runpy.run_module(room, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
