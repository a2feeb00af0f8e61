"""Says how many users of each kind there are from moment to moment."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple


class Stage(NamedTuple):
    """A stretch of time with the same load."""

    seconds: float
    per_minute: float
    """Intents or signals."""
    reconnects: bool = False
    """Whether every follower drops its connection when the stage begins."""


class Profile(NamedTuple):
    """A course of stages, and what it is for."""

    purpose: str
    followers: int
    """WebSocket clients; a tenth of them follow everything, the others one kind of topics each."""
    stages: Sequence[Stage]
    sends: Literal["intents", "signals"] = "intents"

    @property
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages)

    def at(self, elapsed_seconds: float) -> tuple[int, Stage] | None:
        """Return the stage of a moment and its number; None when all are over."""
        for number, stage in enumerate(self.stages):
            if elapsed_seconds < stage.seconds:
                return number, stage
            elapsed_seconds -= stage.seconds
        return None


def _ramp(step: int, count: int, seconds: float) -> Sequence[Stage]:
    return [Stage(seconds, step * number * 60.0) for number in range(1, count + 1)]


PROFILES: Final[Mapping[str, Profile]] = {
    "sustained": Profile(
        "60 intents a minute, which the platform has to carry for ever", 20, [Stage(120, 60)]
    ),
    "burst": Profile(
        "ten seconds of 40 intents a second, and how soon it is calm again",
        20,
        [Stage(10, 60), Stage(10, 2_400), Stage(30, 60)],
    ),
    "ramp": Profile(
        "5 intents a second more every 20 seconds, until the platform is full",
        20,
        _ramp(5, 12, 20),
    ),
    "soak": Profile("20 minutes of 300 intents a minute", 50, [Stage(1_200, 300)]),
    "storm": Profile(
        "every follower drops its connection at once, three times, while intents go on",
        200,
        [Stage(20, 300), *(Stage(15, 300, reconnects=True) for _ in range(3))],
    ),
    "signals": Profile(
        "60 signals a minute for 20 minutes, which the platform has to carry for ever",
        20,
        [Stage(1_200, 60)],
        "signals",
    ),
    "signals-burst": Profile(
        "120 signals at once, and how soon it is calm again",
        20,
        [Stage(10, 60), Stage(2, 3_600), Stage(20, 60)],
        "signals",
    ),
    "signals-ramp": Profile(
        "5 signals a second more every 20 seconds, until the platform is full",
        20,
        _ramp(5, 12, 20),
        "signals",
    ),
    "smoke": Profile(
        "a few seconds of everything, to see that it works",
        4,
        [Stage(6, 120), Stage(6, 120, reconnects=True)],
    ),
}
