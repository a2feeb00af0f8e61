"""One platform for the whole folder, and a window for each test."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest

from loadtest.platform import SIMULATED, Platform, running_platform
from tests.e2e.signals import SIGNAL_POLICY
from tests.e2e.window import Window, missing, open_window
from tests.support.canary import Canary
from tests.support.directories import open_directory


@pytest.fixture(scope="package", autouse=True)
def _has_a_browser() -> None:
    if reason := missing():
        pytest.skip(reason)


@pytest.fixture(scope="package")
def platform(_has_a_browser: None, canary: Canary) -> Iterator[Platform]:
    """`tradewind up` on a temporary directory and free ports, trading on the simulated venue."""
    with open_directory("e2e") as directory:
        policy = directory / "signal_policy.yaml"
        policy.write_text(SIGNAL_POLICY)
        environment = {
            **SIMULATED,
            "TRADEWIND_WALLET_KEY": canary.key,
            "TRADEWIND_SIGNAL_POLICY_FILE": str(policy),
        }
        with running_platform(directory / "data", environment) as running:
            yield running


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[httpx2.AsyncClient]:
    """A plain HTTP client of the gateway."""
    async with httpx2.AsyncClient(base_url=platform.url, timeout=60) as client:
        yield client


@pytest.fixture
async def window(platform: Platform) -> AsyncIterator[Window]:
    """A window of which the browser has nothing to complain about."""
    async with open_window(platform.url) as opened:
        yield opened
    assert opened.unexpected == []
