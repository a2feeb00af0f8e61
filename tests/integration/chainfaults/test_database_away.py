"""PostgreSQL is killed while a step is claimed: the claim happened or it did not, never twice."""

from tests.integration.chainfaults.conftest import StartDrill
from tests.integration.chainfaults.drill import until
from tradewind.operations.embedded.servers import Servers

ORDERS = 3


async def test_the_database_is_killed_during_a_claim(
    start_drill: StartDrill, servers: Servers
) -> None:
    async with start_drill() as drill:
        # long enough before and after the commit for the database to die there
        await drill.start("first", failpoints="journal.claiming=sleep:400")
        await drill.start("second", failpoints="journal.claimed=sleep:400")
        await drill.place(ORDERS)
        await until(lambda: drill.has_slots(1, "true"), "a step is claimed")
        await drill.place(ORDERS)
        servers.processes["postgres"].kill()
        servers.processes["postgres"].start()
        servers.processes["postgres"].wait_ready()
        await drill.ended()
        assert await drill.has_completed()
