"""A dev chain that was deployed once, for the rooms that need one."""

from pathlib import Path

import pytest

from tests.support.workers import one_worker_at_a_time
from tradewind.operations.embedded.devchain import packages
from tradewind.operations.embedded.devchain.dev_chain import DIRECTORY, start_dev_chain
from tradewind.operations.embedded.devchain.errors import DevChainUnavailable
from tradewind.operations.processes.ports import PORTS_FILE


@pytest.fixture(scope="session")
def devchain_packages(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Install what is missing; skip with the reason where that is not possible."""
    try:
        with one_worker_at_a_time(tmp_path_factory, "devchain"):
            if not packages.is_installed():
                packages.install()
        packages.require()
    except DevChainUnavailable as reason:
        pytest.skip(f"no dev chain: {reason}")


@pytest.fixture(scope="session")
def deployed_directory(devchain_packages: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory whose dev chain was deployed and stopped; copy it, do not use it."""
    with one_worker_at_a_time(tmp_path_factory, "deployed") as of_all_workers:
        deployed = of_all_workers / "deployed"
        if not deployed.exists():
            directory = tmp_path_factory.mktemp("deploying")
            with start_dev_chain(directory):
                pass
            # Copies that remember one port would be taken for each other when they start at once.
            (directory / DIRECTORY / PORTS_FILE).unlink()
            directory.rename(deployed)
    return deployed
