"""Every kind of fault once, under light load: nothing lost, doubled, out of order or left over."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.chaos.chain import can_have_chain, started_chain
from tests.chaos.faults.catalogue import abreast, draw, kinds
from tests.chaos.rehearsal import rehearse
from tests.support.directories import open_directory
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.servers import Servers, start_servers

SEED = 20_261_121
PER_SECOND = 3.0
"""Enough that something is under way whenever a fault strikes; other tests share the machine."""
REDECIDED = timedelta(minutes=1)
"""All of the load in `make chaos`: deciding again costs more than most of what is tried here."""


@pytest.fixture
def chaos_directory() -> Iterator[Path]:
    """Return a directory the database's own user can reach."""
    with open_directory("chaos") as directory:
        yield directory


@pytest.fixture
def chaos_servers(chaos_directory: Path) -> Iterator[Servers]:
    """Run servers of this test alone, because it kills them."""
    with start_servers(chaos_directory) as running:
        yield running


@pytest.fixture
def chaos_chain(chaos_directory: Path) -> Iterator[DevChain | None]:
    """Run a dev chain, where Node.js is."""
    if not can_have_chain(say=print):
        yield None
        return
    with started_chain(chaos_directory) as running:
        yield running


async def test_every_fault_once(
    chaos_servers: Servers, chaos_directory: Path, chaos_chain: DevChain | None
) -> None:
    count = len(kinds(has_chain=chaos_chain is not None))
    faults = abreast(draw(Random(SEED), count, pairs=0, has_chain=chaos_chain is not None))
    options = f"--faults {count} --seed {SEED} --rate {PER_SECOND:g} --abreast"
    report = await rehearse(
        chaos_servers,
        chaos_directory,
        faults,
        chain=chaos_chain,
        seed=SEED,
        per_second=PER_SECOND,
        redecided=REDECIDED,
        command=f"make chaos ARGS='{options}'",
    )
    assert report.problems == [], str(report)
    assert len(report.injections) == len(faults)
    assert report.commands.keys() >= {"halt", "cancellation", "policy", "funding"}
    assert report.requests["accepted"] > count
    assert chaos_chain is None or report.swaps
