"""A workshop for every test."""

from pathlib import Path

import pytest

from tests.unit.datasets.workshop import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Return an empty folder of datasets."""
    return Workshop(tmp_path)
