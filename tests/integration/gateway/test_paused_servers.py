"""A server that is paused (a hung disk, a lost network) is told in time, and its return too."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import psutil
import pytest

from gateway.bootstrap import monitored
from tests.integration.gateway.support import RunningGateway
from tests.settings import Settings
from tests.support.waiting import wait_until
from tradewind.operations.embedded.servers import Servers

ANSWER_SECONDS = 10
"""An answer is due in two seconds; this is what makes one that hangs a failure."""


@contextmanager
def paused(pid: int) -> Iterator[None]:
    """Stop a server with all its processes; those that begin later have no parent to accept."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("server", ["nats", "postgres", "redis"])
async def test_readiness_is_told_in_time_while_a_server_is_paused(
    server: str, running: RunningGateway, settings: Settings, servers: Servers
) -> None:
    monitoring = settings.model_copy(update={"metrics_port": 0})
    with monitored(monitoring, running.services) as port:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as operations:

            async def is_ready() -> bool:
                answer = await operations.get("/ready", timeout=ANSWER_SECONDS)
                return answer.status_code == 200

            await wait_until(is_ready)
            with paused(servers.processes[server].pid):
                await wait_until(lambda: _is_down(operations, server))
                assert (await running.client.get("/health")).status_code == 200
            await wait_until(is_ready)


async def _is_down(operations: httpx2.AsyncClient, server: str) -> bool:
    answer = await operations.get("/ready", timeout=ANSWER_SECONDS)
    down = {
        name for name, state in answer.json()["dependencies"].items() if state["status"] == "down"
    }
    assert down <= {server}
    return answer.status_code == 503 and down == {server}
