"""The history of pools that a node's logs tell ends in the state that the pools have."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration.devchain.market import (
    add_position,
    all_pools,
    approve_router,
    load_pools,
    swap,
)
from tradewind.datasets.fetch.chain import Blocks, EventFetcher, block_at
from tradewind.datasets.formats.pool_rows import to_frame
from tradewind.datasets.frames import Header
from tradewind.datasets.importing import check_pools, ordered
from tradewind.datasets.load import load_pool_states
from tradewind.datasets.making import Maker
from tradewind.datasets.model import DatasetKind, Provenance
from tradewind.datasets.snapshots import PoolSnapshots
from tradewind.datasets.written import write_rows
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.hexadecimal import parse_quantity, to_quantity
from tradewind.trading.chain.rpc_client import RpcClient

MOMENT = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("from_the_beginning", [True, False])
async def test_the_last_state_is_that_of_the_chain(
    client: RpcClient,
    node: DevelopmentNode,
    dev_chain: DevChain,
    tmp_path: Path,
    from_the_beginning: bool,
) -> None:
    deployment = dev_chain.deployment
    tick_lens = deployment.contracts.tick_lens
    pools = (await all_pools(client, deployment))[:3]
    before = parse_quantity(await client.call("eth_blockNumber"))
    await approve_router(node, deployment)
    for known in await load_pools(client, tick_lens, pools):
        lower = (known.tick // known.tick_spacing - 5) * known.tick_spacing
        await swap(node, deployment, known, zero_for_one=True, amount_in=10**8)
        await add_position(node, deployment, known, lower, lower + 10 * known.tick_spacing, 10**9)
        await swap(node, deployment, known, zero_for_one=False, amount_in=10**8)
    last = parse_quantity(await client.call("eth_blockNumber"))

    first = 0 if from_the_beginning else before + 1
    fetched = await EventFetcher(client, tick_lens, pools).fetch(Blocks(first, last))

    rows = ordered(fetched.events, [])
    check_pools(fetched.pools, rows)
    header = Header(
        kind=DatasetKind.POOL_EVENTS, instrument="ethereum-WETH-USDC", pools=fetched.pools
    )
    source = Provenance(source="chain")
    made = Maker(tmp_path, lambda: MOMENT, "tests").make(
        lambda path: write_rows(to_frame(rows), header, [], source, path)
    )
    expected = {pool.pool: pool for pool in await load_pools(client, tick_lens, pools)}
    found = [
        PoolSnapshots(past)[len(past) - 1] for past in load_pool_states(tmp_path, made.dataset_id)
    ]
    assert len(found) == len(expected)
    for state in found:
        place = {"block_number": state.block_number, "block_time": state.block_time}
        assert state == expected[state.pool].model_copy(update=place)


async def test_a_block_is_found_by_its_time(client: RpcClient, node: DevelopmentNode) -> None:
    # One that was just started has hardly any, and those of one call are of one second.
    await node.client.command("anvil_mine", to_quantity(4), to_quantity(1))
    newest = parse_quantity(await client.call("eth_blockNumber"))
    header = await client.call("eth_getBlockByNumber", hex(newest - 1), False)
    seconds = parse_quantity(header["timestamp"])

    found = await block_at(client, seconds, newest)

    earlier = await client.call("eth_getBlockByNumber", hex(found - 1), False)
    assert found == newest - 1
    assert parse_quantity(earlier["timestamp"]) < seconds
    assert await block_at(client, 2**40, newest) == newest + 1
