"""One platform for the whole suite, started as a user starts it."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from loadtest.platform import SIMULATED, Platform, running_platform
from tests.acceptance.checker import Checker
from tests.acceptance.secrecy import leaks
from tests.canary import Canary
from tests.conftest import Search


@pytest.fixture(scope="session")
def platform(canary: Canary, key_searches: list[Search]) -> Iterator[Platform]:
    """`tradewind up` on a temporary directory and free ports, trading on the simulated venue."""
    directory = Path(tempfile.mkdtemp(prefix="tradewind-acceptance-"))
    # The database's own user must get in.
    directory.chmod(0o755)
    try:
        key = {"TRADEWIND_WALLET_KEY": canary.key}
        with running_platform(directory / "data", SIMULATED | key) as running:
            key_searches.append(lambda: leaks(running, canary))
            yield running
    finally:
        shutil.rmtree(directory)


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[httpx2.AsyncClient]:
    """A plain HTTP client of the gateway."""
    async with httpx2.AsyncClient(base_url=platform.url, timeout=15) as client:
        yield client


@pytest.fixture
async def checker(platform: Platform) -> Checker:
    """A checker that knows what was set aside before its test."""
    checker = Checker(platform)
    await checker.remember_set_aside()
    return checker
