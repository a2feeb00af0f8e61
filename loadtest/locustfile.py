"""What Locust runs: `make load`, or `locust -f loadtest/locustfile.py` with its own web page.

TRADEWIND_LOAD_PROFILE names one of loadtest/load/profiles.py.
"""

import os
from typing import Final

from locust import LoadTestShape

from loadtest.load.locustfile import PROFILE_VARIABLE
from loadtest.load.profiles import PROFILES
from loadtest.load.users import Follower, IntentUser, SignalUser

__all__ = ["Follower", "IntentUser", "ProfileShape", "SignalUser"]

SPAWNS_PER_SECOND: Final = 50.0
PROFILE: Final = PROFILES[os.environ.get(PROFILE_VARIABLE, "sustained")]

SENDERS: Final = {"intents": IntentUser, "signals": SignalUser}
"""Locust takes every name of a module that is a user for one, so the chosen one has no name."""

for _sends, _sender in SENDERS.items():
    _sender.abstract, _sender.fixed_count = _sends != PROFILE.sends, 1
del _sender
Follower.fixed_count = PROFILE.followers
Follower.kind = SENDERS[PROFILE.sends].kind


class ProfileShape(LoadTestShape):
    """Has the load that the profile says."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._stage_number = -1

    def tick(self) -> tuple[int, float] | None:
        """Return how many users there should be; None ends the test."""
        found = PROFILE.at(self.get_run_time())  # type: ignore[no-untyped-call]
        if found is None:
            return None
        number, stage = found
        if number != self._stage_number:
            self._stage_number = number
            SENDERS[PROFILE.sends].per_second = stage.per_minute / 60
            if stage.reconnects:
                for follower in list(Follower.followers):
                    follower.drop()
        return 1 + PROFILE.followers, SPAWNS_PER_SECOND
