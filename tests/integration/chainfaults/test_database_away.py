"""PostgreSQL is killed while a step is claimed: the claim happened or it did not, never twice."""

from tests.integration.chainfaults.conftest import StartHarness
from tests.support.waiting import wait_until
from tradewind.operations.embedded.servers import Servers

ORDERS = 3


async def test_the_database_is_killed_during_a_claim(
    start_harness: StartHarness, servers: Servers
) -> None:
    async with start_harness() as harness:
        # long enough before and after the commit for the database to die there
        await harness.start("first", failpoints="journal.claiming=sleep:400")
        await harness.start("second", failpoints="journal.claimed=sleep:400")
        await harness.place(ORDERS)
        await wait_until(lambda: harness.journal.has_transactions(1, "true"), "a step is claimed")
        await harness.place(ORDERS)
        servers.processes["postgres"].kill()
        servers.processes["postgres"].start()
        servers.processes["postgres"].wait_ready()
        await harness.ended()
        assert await harness.has_completed()
