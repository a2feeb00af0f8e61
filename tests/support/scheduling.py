"""Schedules tests on pytest-xdist by file, and files that share a platform together.

Scopes are scheduled in the order of collection, which begins with the longest distances.
"""

from pathlib import Path
from typing import Any, Final

import pytest

OF_THEIR_OWN: Final = {
    Path("tests/acceptance"): frozenset({"test_chain.py", "test_checker.py", "test_settings.py"}),
    Path("tests/e2e"): frozenset({"test_backtests.py", "test_storm.py"}),
}
"""Folders with one platform, and their files that do not use it."""


def scope_of(test: str) -> str:
    """Return what a test, given by its node id, must run together with."""
    file = Path(test.partition("::")[0])
    others = OF_THEIR_OWN.get(file.parent)
    return str(file if others is None or file.name in others else file.parent)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let pytest-xdist schedule by our scopes, in our order."""
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = scope_of
    return scheduling
