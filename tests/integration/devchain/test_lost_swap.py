"""A swap that database and broker both lost: the chain knows it, and a person answers for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from click.testing import CliRunner

from actors.treasury.loop import run
from actors.treasury.settings import TreasurySettings
from tests.integration.devchain.platform_stores import Stores, next_report, stores
from tests.integration.devchain.test_venue import ChainHarness, OpenHarness, open_harness
from tests.integration.devchain.treasury_desk import Desk, causes, drifting, open_desk, swap
from tests.integration.ledger.backup import backup_of
from tests.integration.ledger.harness import wait_despite_outages
from tests.support.venue_contract import settled, submit
from tests.support.waiting import wait_until
from tradewind.errors import NotYet
from tradewind.operations.cli.wallet import resume
from tradewind.operations.embedded.servers import Servers
from tradewind.settings import load
from tradewind.trading.chain.rpc_client import RpcClient

__all__ = ["open_harness", "stores"]

PASSES = 3
"""So many reports that were asked for one after the other are of passes that ended in between."""


@asynccontextmanager
async def treasury(stores: Stores) -> AsyncIterator[None]:
    """Run the role beside a coordinator."""
    settings, stopped = load(TreasurySettings), asyncio.Event()
    async with stores.ledger.coordinator(), asyncio.TaskGroup() as tasks:
        tasks.create_task(run(settings, stores.ledger.connection, stopped))
        yield
        stopped.set()


async def test_a_swap_that_only_the_chain_knows_halts_trading_until_a_person_answers_for_it(
    stores: Stores,
    open_harness: OpenHarness,
    client: RpcClient,
    database_dsn: str,
    servers: Servers,
) -> None:
    """Given a swap that was signed and mined after the backup, and a broker without its store, then
    nothing is signed, whatever passes, until somebody resumes the wallet; then trading goes on."""
    async with open_harness() as known, open_desk(client, database_dsn) as desk:
        async with stores.ledger.coordinator():
            await stores.record_something()
        await swap(known, 1)
        assert drifting(await desk.report()) == {}
    async with backup_of(database_dsn, servers) as backup:
        async with open_harness() as forgotten:
            await swap(forgotten, 2)
        await stores.lose_stream()
        await backup.restore()
    await stores.begin_stream()
    async with (
        open_harness() as venue,
        open_desk(client, database_dsn) as desk,
        treasury(stores),
    ):
        waiting = await venue.venue.build_swap_tx(venue.order(3))
        await wait_despite_outages(lambda: _is(stores, "halted"))
        for _ in range(PASSES):
            found = drifting(await next_report(desk))
            assert "TRANSFER_OUT" in {cause for cause, _ in causes(found["USDC"])}
            assert (await desk.halted()).startswith("drift: ")
            assert await stores.history() == "halted"
            with pytest.raises(NotYet):
                await venue.venue.sign_tx(waiting)
        answered = await asyncio.to_thread(
            CliRunner().invoke, resume, ["--yes", "--note", "the swap of the lost hour"]
        )
        assert answered.exit_code == 0, answered.output
        await wait_until(lambda: _is_after_a_block(desk, stores, "active"), "trading goes on")
        await _trades(venue, desk)


async def _is(stores: Stores, state: str) -> bool:
    return await stores.history() == state


async def _is_after_a_block(desk: Desk, stores: Stores, state: str) -> bool:
    await desk.node.mine()
    return await _is(stores, state)


async def _trades(venue: ChainHarness, desk: Desk) -> None:
    """Swap on, on books that agree with the chain again."""
    receipt = await settled(venue, await submit(venue.venue, venue.order(4)))
    assert receipt.fills
    assert drifting(await next_report(desk)) == {}
