"""PostgreSQL is killed while a step is claimed: the claim happened or it did not, never twice."""

import pytest

from tests.integration.chainfaults.conftest import StartDrill
from tests.integration.chainfaults.drill import until
from tradewind.embedded.servers import Servers

ORDERS = 3


@pytest.mark.parametrize("failpoint", ["journal.claiming", "journal.claimed"])
async def test_the_database_is_killed_during_a_claim(
    failpoint: str, start_drill: StartDrill, servers: Servers
) -> None:
    async with start_drill() as drill:
        # long enough in the claim for the database to die there
        await drill.start("first", failpoints=f"{failpoint}=sleep:400")
        await drill.start("second")
        await drill.place(ORDERS)
        await until(lambda: drill.has_slots(1, "true"), "a step is claimed")
        await drill.place(ORDERS)
        servers.processes["postgres"].kill()
        servers.processes["postgres"].start()
        servers.processes["postgres"].wait_ready()
        await drill.ended()
        assert await drill.problems() == []
        assert len(await drill.payloads("exec.completed")) == 2 * ORDERS
