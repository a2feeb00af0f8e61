"""Has helpers' assertions say what they compared, as those of test modules do.

Loaded by pytest before `tests.conftest`, because a module that is imported cannot be changed.
"""

from pathlib import Path

import pytest

pytest.register_assert_rewrite(
    *(f"tests.{room.parent.name}" for room in Path(__file__).parent.glob("*/__init__.py"))
)
