"""The simulated vendors as a process, and how the product's adapters ask them."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from subprocess import PIPE, Popen
from typing import Any

import httpx2
from pydantic import SecretStr

from actors.evaluator.models.opening import ModelConnection, ModelProtocol, open_model
from actors.evaluator.models.port import Model
from tests.support.waiting import PATIENCE_SECONDS

KEY = "sk-nobody-may-repeat-this"
LATER_SECONDS = 3_600
"""When a slow answer comes: whoever gets any has given up by itself."""


@contextmanager
def running_vendors() -> Iterator[str]:
    """Yield the address of simulated vendors in a process of their own."""
    command = [sys.executable, "-m", "simulators.vendors", "--slow-seconds", str(LATER_SECONDS)]
    with Popen(command, stdout=PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the simulator did not start"
            yield line.removeprefix("listening on ").strip()
        finally:
            process.kill()


@asynccontextmanager
async def opened(protocol: ModelProtocol, address: str) -> AsyncIterator[Model]:
    base_url = f"{address}/v1" if "openai" in protocol else address
    model = open_model(
        ModelConnection(
            name="simulated", protocol=protocol, base_url=base_url, api_key=SecretStr(KEY)
        )
    )
    try:
        yield model
    finally:
        await model.close()


async def control(address: str, what: str) -> Any:
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE_SECONDS) as client:
        return (await client.get(f"/control/{what}")).json()
