"""The smoke run passes on a platform as a user starts it."""

import asyncio
import os

from loadtest.platform import Platform
from tests.smoke.walk import KEY, Walk


async def test_an_instrument_is_registered_disabled_enabled_and_traded(platform: Platform) -> None:
    said: list[str] = []
    environment = os.environ | {"TRADEWIND_DATA_DIR": str(platform.data_directory)}
    await asyncio.to_thread(Walk(platform.url, environment, said.append).run)
    assert said[0] == f"{KEY} is registered"
    assert said[1].endswith(f"one instrument.registered, with the key {KEY}")
    assert "risk_rejected" in said[3]
    assert "completed" in said[-1]
