"""Monitoring is told in time that a server is paused, and that it is back."""

import httpx2

from gateway.bootstrap import monitored
from tests.integration.gateway.support import RunningGateway
from tests.settings import Settings
from tests.support.paused import paused
from tests.support.waiting import wait_until
from tradewind.operations.embedded.servers import Servers

ANSWER_SECONDS = 10
"""An answer is due in two seconds; this is what makes one that hangs a failure."""


async def test_readiness_is_told_in_time_while_a_server_is_paused(
    running: RunningGateway, settings: Settings, servers: Servers
) -> None:
    monitoring = settings.model_copy(update={"metrics_port": 0})
    with monitored(monitoring, running.services) as port:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as operations:

            async def down() -> set[str]:
                answer = await operations.get("/ready", timeout=ANSWER_SECONDS)
                states = answer.json()["dependencies"].items()
                found = {name for name, state in states if state["status"] == "down"}
                assert answer.status_code == (503 if found else 200)
                return found

            async def is_down(*names: str) -> bool:
                return await down() == set(names)

            await wait_until(is_down)
            with paused(servers.processes["postgres"].pid):
                await wait_until(lambda: is_down("postgres"))
                metrics = await operations.get("/metrics", timeout=ANSWER_SECONDS)
                assert "tradewind_http_requests_total" in metrics.text
            await wait_until(is_down)
