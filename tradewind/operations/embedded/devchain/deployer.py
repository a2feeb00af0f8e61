"""Deploys the blueprint on an empty chain."""

from typing import Final

from eth_abi.abi import encode

from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER, TRADER
from tradewind.operations.embedded.devchain.blueprint import (
    ADDRESSES,
    CONTRACTS,
    MINTED_TOKENS,
    POOLS,
    TOKENS,
    WETH,
    ContractPlan,
    TokenPlan,
)
from tradewind.operations.embedded.devchain.deployment import DeployedPool
from tradewind.operations.embedded.devchain.errors import DeploymentFailed
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.operations.embedded.devchain.open_chain import TICK_SPACINGS, Opening, open_pool
from tradewind.operations.embedded.devchain.packages import compile_token, load_artifact
from tradewind.trading.chain.contract_interface import Function, Read
from tradewind.trading.chain.erc20 import APPROVE, DEPOSIT
from tradewind.trading.chain.hexadecimal import parse_data, to_data
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import CREATE_POOL, GET_POOL, MINT_POSITION, MULTICALL

MINT: Final = Function("mint", ("address", "uint256"))
ETHER_WEI: Final = 10**18
CREATOR_BALANCE_WEI: Final = 10 * ETHER_WEI
PROVIDER_BALANCE_WEI: Final = 1_000_000 * ETHER_WEI
PROVIDER_DEPOSIT_WEI: Final = 500_000 * ETHER_WEI
PROVIDER_WORTH_USD: Final = 1_000_000_000
"""The provider's worth of each minted token, more than all pools can take."""
UINT256_MAX: Final = 2**256 - 1
NO_DEADLINE: Final = 2**63


async def deploy(client: RpcClient) -> tuple[DeployedPool, ...]:
    """Deploy contracts and tokens, open the pools, fund the trader; return the pools."""
    node = DevelopmentNode(client)
    await _place_tokens(node)
    for contract in CONTRACTS:
        await _create(node, contract)
    await _fund_provider(node)
    pools = [await _open(node, open_pool(plan)) for plan in POOLS]
    await _fund_trader(node)
    return tuple(pools)


async def _place_tokens(node: DevelopmentNode) -> None:
    """Call each constructor without a transaction, and set the returned code at its address."""
    artifact = compile_token()
    for token in MINTED_TOKENS:
        arguments = encode(
            ("bytes32", "bytes32", "uint8"),
            (token.name.encode(), token.symbol.encode(), token.decimals),
        )
        creation = {"data": to_data(artifact.creation_code + arguments)}
        code = await node.client.call("eth_call", creation, "latest")
        await node.set_code(token.address, parse_data(code))


async def _create(node: DevelopmentNode, plan: ContractPlan) -> None:
    addresses = ADDRESSES.model_dump()
    arguments = [addresses.get(argument, argument) for argument in plan.arguments]
    code = load_artifact(plan.artifact).creation_code
    code += encode(["address"] * len(arguments), arguments)
    await node.set_balance(plan.creator, CREATOR_BALANCE_WEI)
    await node.impersonate(plan.creator, plan.nonce)
    receipt = await node.send(plan.creator, None, code)
    await node.stop_impersonating(plan.creator)
    created = to_checksum_address(receipt["contractAddress"])
    if created != addresses[plan.name]:
        raise DeploymentFailed(f"{plan.name} is at {created}, not at {addresses[plan.name]}")


async def _fund_provider(node: DevelopmentNode) -> None:
    await node.set_balance(LIQUIDITY_PROVIDER, PROVIDER_BALANCE_WEI)
    deposit = DEPOSIT.encode()
    await node.send(LIQUIDITY_PROVIDER, WETH.address, deposit, PROVIDER_DEPOSIT_WEI)
    for token in MINTED_TOKENS:
        await _mint(node, token, LIQUIDITY_PROVIDER, PROVIDER_WORTH_USD // token.usd)
    for token in TOKENS.values():
        approval = APPROVE.encode(ADDRESSES.position_manager, UINT256_MAX)
        await node.send(LIQUIDITY_PROVIDER, token.address, approval)


async def _fund_trader(node: DevelopmentNode) -> None:
    """Fund the trader without transactions of its own, so that its first trade has nonce 0."""
    for token in MINTED_TOKENS:
        await _mint(node, token, TRADER, token.endowment)
    transfer = Function("transfer", ("address", "uint256")).encode(
        TRADER, WETH.endowment * 10**WETH.decimals
    )
    await node.send(LIQUIDITY_PROVIDER, WETH.address, transfer)


async def _mint(node: DevelopmentNode, token: TokenPlan, owner: str, whole_tokens: int) -> None:
    amount = MINT.encode(owner, whole_tokens * 10**token.decimals)
    await node.send(LIQUIDITY_PROVIDER, token.address, amount)


async def _open(node: DevelopmentNode, opening: Opening) -> DeployedPool:
    """Create the pool and all its positions in one transaction."""
    token0, token1, fee = opening.token0.address, opening.token1.address, opening.fee_pips
    calls = [CREATE_POOL.encode(token0, token1, fee, opening.sqrt_price_x96)]
    for position in opening.positions:
        limits = (0, 0, LIQUIDITY_PROVIDER, NO_DEADLINE)
        calls.append(MINT_POSITION.encode((token0, token1, fee, *position, *limits)))
    await node.send(LIQUIDITY_PROVIDER, ADDRESSES.position_manager, MULTICALL.encode(calls))
    (pool,) = await node.client.read(Read(ADDRESSES.factory, GET_POOL, (token0, token1, fee)))
    return DeployedPool(
        address=pool,
        token0=opening.token0.symbol,
        token1=opening.token1.symbol,
        fee_pips=fee,
        tick_spacing=TICK_SPACINGS[fee],
    )
