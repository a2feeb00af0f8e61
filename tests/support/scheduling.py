"""Schedules tests on pytest-xdist by file, and files that share a platform together.

Scopes are scheduled in the order of collection, which begins with the longest distances.
"""

from pathlib import Path
from typing import Any, Final

import pytest

ONE_PLATFORM: Final = Path("tests/acceptance")
OF_THEIR_OWN: Final = frozenset({"test_chain.py", "test_checker.py", "test_settings.py"})
"""Files of that folder that do not use the shared platform."""


def scope_of(test: str) -> str:
    """Return what a test, given by its node id, must run together with."""
    file = Path(test.partition("::")[0])
    if file.parent == ONE_PLATFORM and file.name not in OF_THEIR_OWN:
        return str(ONE_PLATFORM)
    return str(file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let pytest-xdist schedule by our scopes, in our order."""
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = scope_of
    return scheduling
