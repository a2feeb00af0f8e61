"""Changes pools for the tests: swaps and positions of the liquidity provider."""

from collections.abc import Sequence
from typing import Any

from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.operations.embedded.devchain.deployer import NO_DEADLINE, UINT256_MAX
from tradewind.operations.embedded.devchain.deployment import Deployment
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.contract_interface import LATEST
from tradewind.trading.chain.erc20 import APPROVE
from tradewind.trading.chain.pool_loader import discover_pools, load_states
from tradewind.trading.chain.pool_state import Pool
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import EXACT_INPUT_SINGLE, MINT_POSITION, SWAP


async def all_pools(client: RpcClient, deployment: Deployment) -> list[Pool]:
    return await discover_pools(
        client, deployment.contracts, [token.asset for token in deployment.tokens]
    )


async def load_pools(
    client: RpcClient, tick_lens: str, pools: Sequence[Pool], block_tag: str = LATEST
) -> list[PoolSnapshot]:
    """Return the state of each pool at a block as it travels."""
    block, states = await load_states(client, tick_lens, pools, block_tag)
    return [state.snapshot(block) for state in states]


async def approve_router(node: DevelopmentNode, deployment: Deployment) -> None:
    approval = APPROVE.encode(deployment.contracts.swap_router, UINT256_MAX)
    for token in deployment.tokens:
        await node.send(LIQUIDITY_PROVIDER, token.address, approval)


async def swap(
    node: DevelopmentNode,
    deployment: Deployment,
    pool: PoolSnapshot,
    *,
    zero_for_one: bool,
    amount_in: int,
    limit_x96: int = 0,
) -> dict[str, Any]:
    """Swap and return the pool's Swap log."""
    tokens = (pool.token0.address, pool.token1.address)
    token_in, token_out = tokens if zero_for_one else tokens[::-1]
    parameters = (token_in, token_out, pool.fee_pips, LIQUIDITY_PROVIDER, NO_DEADLINE)
    data = EXACT_INPUT_SINGLE.encode((*parameters, amount_in, 0, limit_x96))
    receipt = await node.send(LIQUIDITY_PROVIDER, deployment.contracts.swap_router, data)
    (log,) = [SWAP.decode(log) for log in receipt["logs"] if SWAP.matches(log)]
    return log


def swaps_there_and_back(deployment: Deployment, pool: PoolSnapshot) -> list[tuple[str, str]]:
    """Return target and calldata of four swaps of one pool, each against the one before."""
    calls = []
    for number in range(4):
        pair = [pool.token0, pool.token1] if number % 2 else [pool.token1, pool.token0]
        parameters = (pair[0].address, pair[1].address, pool.fee_pips, LIQUIDITY_PROVIDER)
        amount = (number + 1) * 10 ** pair[0].decimals
        data = EXACT_INPUT_SINGLE.encode((*parameters, NO_DEADLINE, amount, 0, 0))
        calls.append((deployment.contracts.swap_router, "0x" + data.hex()))
    return calls


async def add_position(
    node: DevelopmentNode,
    deployment: Deployment,
    pool: PoolSnapshot,
    lower_tick: int,
    upper_tick: int,
    amount: int,
) -> None:
    """Mint a position of at most `amount` base units of each token."""
    key = (pool.token0.address, pool.token1.address, pool.fee_pips, lower_tick, upper_tick)
    limits = (amount, amount, 0, 0, LIQUIDITY_PROVIDER, NO_DEADLINE)
    data = MINT_POSITION.encode((*key, *limits))
    await node.send(LIQUIDITY_PROVIDER, deployment.contracts.position_manager, data)
