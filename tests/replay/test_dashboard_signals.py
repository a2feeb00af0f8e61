"""What the dashboard folds signals by is what the platform folds them to."""

from tests.replay.dashboard_signals import PATH, recorded


def test_recorded_signals_are_those_that_the_platform_folds() -> None:
    assert PATH.read_text() == recorded(), "run `python -m tests.replay.dashboard_signals`"
