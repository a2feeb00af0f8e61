"""What a dev chain consists of, and that a later start finds it again."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.integration.devchain import market
from tests.integration.devchain.interfaces import QUOTE_EXACT_OUTPUT_SINGLE, SYMBOL
from tests.integration.devchain.market import load_pools
from tradewind.operations.embedded.devchain.accounts import TRADER
from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID
from tradewind.operations.embedded.devchain.deployment import (
    DEPLOYMENT_FILE,
    Deployment,
    read_deployment,
)
from tradewind.operations.embedded.devchain.dev_chain import DIRECTORY, DevChain, start_dev_chain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.operations.processes.errors import DataDirectoryInUse
from tradewind.trading.chain.contract_interface import Read
from tradewind.trading.chain.erc20 import BALANCE_OF, DECIMALS
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import QUOTE_EXACT_INPUT_SINGLE
from tradewind.trading.tokens import load_tokens

MIN_INITIALIZED_TICKS = 12


async def test_every_contract_has_code(dev_chain: DevChain, client: RpcClient) -> None:
    for name, address in dev_chain.deployment.contracts:
        code = await client.call("eth_getCode", address, "latest")
        assert len(code) > 1_000, name
    assert await client.chain_id() == CHAIN_ID


async def test_tokens_are_what_the_files_say(dev_chain: DevChain, client: RpcClient) -> None:
    written = load_tokens(dev_chain.tokens_path)
    assert written.tokens == dev_chain.deployment.tokens
    assert {token.decimals for token in written.tokens} == {6, 8, 18}
    # The built-in list and this one are interchangeable.
    assert {token.address for token in load_tokens().tokens} == {
        token.address for token in written.tokens
    }
    for token in written.tokens:
        reads = [Read(token.address, SYMBOL), Read(token.address, DECIMALS)]
        reads.append(Read(token.address, BALANCE_OF, (TRADER,)))
        (symbol,), (decimals,), (balance,) = await client.read_all(reads)
        assert (symbol, decimals) == (token.symbol, token.decimals)
        assert balance >= 100 * 10**decimals


async def test_pools_are_liquid_in_three_tiers_and_both_token_orders(
    dev_chain: DevChain, client: RpcClient
) -> None:
    pools = await market.all_pools(client, dev_chain.deployment)
    assert {pool.address for pool in pools} == {pool.address for pool in dev_chain.deployment.pools}
    assert {pool.fee_pips for pool in pools} == {500, 3_000, 10_000}
    orders = {(pool.token0.symbol, pool.token1.symbol) for pool in pools}
    assert orders >= {("USDC", "WETH"), ("WBTC", "USDC")}
    for pool in await load_pools(client, dev_chain.deployment.contracts.tick_lens, pools):
        assert pool.liquidity > 0
        assert len(pool.ticks) >= MIN_INITIALIZED_TICKS


async def test_the_quoter_answers_for_every_pool(dev_chain: DevChain, client: RpcClient) -> None:
    for pool in await market.all_pools(client, dev_chain.deployment):
        for token_in, token_out in ((pool.token0, pool.token1), (pool.token1, pool.token0)):
            amount = 10 ** (token_in.decimals - 2)
            path = (token_in.address, token_out.address)
            quoter = dev_chain.deployment.contracts.quoter_v2
            question = ((*path, amount, pool.fee_pips, 0),)
            out, *_ = await client.read(Read(quoter, QUOTE_EXACT_INPUT_SINGLE, question))
            question = ((*path, out, pool.fee_pips, 0),)
            back, *_ = await client.read(Read(quoter, QUOTE_EXACT_OUTPUT_SINGLE, question))
            assert 0 < back <= amount


def test_a_later_start_finds_the_blocks_again(deployed_directory: Path, tmp_path: Path) -> None:
    data_directory = tmp_path / "data"
    shutil.copytree(deployed_directory, data_directory)
    deployed = _read(data_directory)
    with start_dev_chain(data_directory) as chain:
        first = _newest_block(chain.rpc_url, mine=7)
        assert chain.deployment.pools == deployed.pools
        with pytest.raises(DataDirectoryInUse), start_dev_chain(data_directory):
            pass
    with start_dev_chain(data_directory) as chain:
        assert _newest_block(chain.rpc_url) == first
        chain.process.restart()
        assert _newest_block(chain.rpc_url) == first
        assert _read(data_directory).rpc_url == chain.rpc_url


def test_another_blueprint_is_another_chain(deployed_directory: Path, tmp_path: Path) -> None:
    data_directory = tmp_path / "data"
    shutil.copytree(deployed_directory, data_directory)
    path = data_directory / DIRECTORY / DEPLOYMENT_FILE
    deployed = _read(data_directory)
    path.write_text(deployed.model_copy(update={"key": "of another time"}).model_dump_json())
    with start_dev_chain(data_directory) as chain:
        # Deployed again, and in the very same places.
        assert chain.deployment.model_copy(update={"rpc_url": deployed.rpc_url}) == deployed


def _read(data_directory: Path) -> Deployment:
    deployment = read_deployment(data_directory / DIRECTORY)
    assert deployment is not None
    return deployment


def _newest_block(url: str, mine: int = 0) -> tuple[int, str]:
    async def ask() -> tuple[int, str]:
        async with RpcClient([url]) as client:
            if mine:
                await DevelopmentNode(client).mine(mine)
            header = await client.call("eth_getBlockByNumber", "latest", False)
            return int(header["number"], 16), header["hash"]

    return asyncio.run(ask())
