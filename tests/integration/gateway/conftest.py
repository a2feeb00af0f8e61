"""A running gateway on emptied servers."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.gateway.support import RunningGateway, running_gateway
from tests.settings import Settings


@pytest.fixture
async def running(settings: Settings) -> AsyncIterator[RunningGateway]:
    """Return a gateway that listens on a free port."""
    async with running_gateway(settings) as gateway:
        yield gateway
