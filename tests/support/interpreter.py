"""Saves what the interpreter would do again and again: compile modules and look for garbage.

Every worker of pytest-xdist imports all tests. Compiled, with their asserts rewritten, they import
in half the time, so they are kept even where PYTHONDONTWRITEBYTECODE is set, as images and CI set
it. What has been collected lives until the end: the garbage collector need not walk over it.
"""

import gc
import os
import sys
from collections.abc import Generator

import pytest

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without garbage collections, and leave everything collected out of later ones."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
