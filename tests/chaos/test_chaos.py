"""Every kind of fault once, under light load: nothing lost, doubled, out of order or left over."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.faults.catalogue import FAULTS
from tests.chaos.rehearsal import rehearse
from tradewind.embedded.servers import Servers, start_servers

SEED = 20_261_121
PER_SECOND = 5.0


@pytest.fixture
def chaos_directory() -> Iterator[Path]:
    """Return a directory the database's own user can reach."""
    directory = Path(tempfile.mkdtemp(prefix="tradewind-chaos-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def chaos_servers(chaos_directory: Path) -> Iterator[Servers]:
    """Servers nobody else uses: they will be killed."""
    with start_servers(chaos_directory) as running:
        yield running


async def test_every_fault_once(chaos_servers: Servers, chaos_directory: Path) -> None:
    report = await rehearse(
        chaos_servers, chaos_directory, FAULTS, seed=SEED, per_second=PER_SECOND
    )
    assert report.problems == [], str(report)
    assert len(report.injections) == len(FAULTS)
    assert report.requests["accepted"] > len(FAULTS)
