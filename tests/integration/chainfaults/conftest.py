"""A dev chain that may be mistreated: no other room's tests run on it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradewind.embedded.devchain.dev_chain import DevChain, start_dev_chain


@pytest.fixture(scope="session")
def fault_chain(
    deployed_directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DevChain]:
    """Run a dev chain of our own."""
    directory = tmp_path_factory.mktemp("chainfaults") / "data"
    shutil.copytree(deployed_directory, directory)
    with start_dev_chain(directory) as running:
        yield running
