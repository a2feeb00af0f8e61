"""Chooses how many examples property tests try: few and fixed in CI, many in `make fuzz`."""

import os
from typing import Final

from hypothesis import HealthCheck, settings

PROFILE_VARIABLE: Final = "HYPOTHESIS_PROFILE"
SHORT: Final = "short"
LONG: Final = "long"
SHORT_EXAMPLES: Final = 40
TIMES_LONGER: Final = 25


def load_profile() -> None:
    """Load the profile the environment names; the short one tries the same examples every time.

    No example has a deadline, nor may making it be called slow, because its time depends on the
    machine more than on the code.
    """
    patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile(
        SHORT, patient, max_examples=SHORT_EXAMPLES, derandomize=True, database=None
    )
    settings.register_profile(LONG, patient, max_examples=examples(SHORT_EXAMPLES))
    settings.load_profile(profile())


def profile() -> str:
    """Return the name of the profile in use."""
    return os.environ.get(PROFILE_VARIABLE, SHORT)


def examples(short: int) -> int:
    """Return how many examples a test that tries `short` in CI tries now."""
    return short * TIMES_LONGER if profile() == LONG else short
