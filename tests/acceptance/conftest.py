"""One platform for the whole folder, started as a user starts it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import httpx2
import pytest

from loadtest.platform import SIMULATED, Platform, running_platform
from tests.acceptance.intent_checker import Checker
from tests.acceptance.secrecy import leaked_keys_of_models, leaks
from tests.support.canary import Canary
from tests.support.directories import open_directory
from tests.support.key_searches import KeySearches
from tradewind.operations.embedded.model_keys import MODEL_KEY_VARIABLES

POLICY: Final = Path(__file__).with_name("signal_policy.yaml")


@pytest.fixture(scope="package")
def models() -> Canary:
    """A key of model vendors that is searched for, as the wallet's is."""
    return Canary.hatch()


@pytest.fixture(scope="package")
def keys(canary: Canary, models: Canary) -> dict[str, str]:
    """The environment that gives a platform both."""
    keys_of_models = dict.fromkeys(MODEL_KEY_VARIABLES, f"sk-{models.key}")
    return {"TRADEWIND_WALLET_KEY": canary.key, **keys_of_models}


@pytest.fixture(scope="package")
def platform(
    canary: Canary, models: Canary, keys: dict[str, str], key_searches: KeySearches
) -> Iterator[Platform]:
    """`tradewind up` on a temporary directory and free ports, trading on the simulated venue."""
    environment = SIMULATED | keys | {"TRADEWIND_SIGNAL_POLICY_FILE": str(POLICY)}
    with (
        open_directory("acceptance") as directory,
        running_platform(directory / "data", environment) as running,
        key_searches.until_stopped(lambda: leaks(running, canary)),
    ):
        yield running
        assert leaked_keys_of_models(running, models) == []


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
