"""Reads the present state of a dev chain: balances, prices and liquidity."""

from datetime import UTC, datetime
from decimal import Decimal

from tradewind.contracts.instruments.assets import Address
from tradewind.contracts.wire import BaseUnits, DecimalString, Document, Timestamp
from tradewind.operations.embedded.devchain.deployment import DeployedPool, Deployment
from tradewind.trading.chain.contract_interface import Read
from tradewind.trading.chain.erc20 import BALANCE_OF
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Call
from tradewind.trading.chain.rpc_client import RpcClient, result_of
from tradewind.trading.chain.uniswap_v3 import LIQUIDITY, SLOT0, UniswapV3Contracts

ETHER_DECIMALS = 18
PRICE_DIGITS = 10
Q192 = 1 << 192


class Balance(Document):
    """The funded account's balance of a token."""

    symbol: str
    address: Address | None
    """None for the chain's own currency."""
    decimals: int
    balance_base_units: BaseUnits

    @property
    def balance(self) -> Decimal:
        """The amount in whole tokens."""
        return Decimal(self.balance_base_units).scaleb(-self.decimals)


class PoolState(DeployedPool):
    """A pool, its price and its liquidity in range."""

    tick: int
    liquidity: BaseUnits
    price: DecimalString
    """token1 per token0, in whole tokens, rounded."""


class ChainState(Document):
    """The newest block, with the balances and pools in it."""

    rpc_url: str
    chain_id: int
    block_number: int
    block_hash: str
    block_time: Timestamp
    gas_price_wei: BaseUnits
    account: Address
    nonce: int
    """The number of the account's transactions that are mined."""
    balances: tuple[Balance, ...]
    contracts: UniswapV3Contracts
    pools: tuple[PoolState, ...]


async def read_chain_state(client: RpcClient, deployment: Deployment) -> ChainState:
    """Read the state in two batches; RpcUnavailable when the node does not answer."""
    account = deployment.account
    header, chain_id, gas_price, nonce, wei = (
        result_of(reply)
        for reply in await client.batch(
            [
                Call("eth_getBlockByNumber", ("latest", False)),
                Call("eth_chainId"),
                Call("eth_gasPrice"),
                Call("eth_getTransactionCount", (account, "latest")),
                Call("eth_getBalance", (account, "latest")),
            ]
        )
    )
    ether = Balance(
        symbol="ETH",
        address=None,
        decimals=ETHER_DECIMALS,
        balance_base_units=parse_quantity(wei),
    )
    return ChainState(
        rpc_url=deployment.rpc_url,
        chain_id=parse_quantity(chain_id),
        block_number=parse_quantity(header["number"]),
        block_hash=header["hash"],
        block_time=datetime.fromtimestamp(parse_quantity(header["timestamp"]), UTC),
        gas_price_wei=parse_quantity(gas_price),
        account=account,
        nonce=parse_quantity(nonce),
        balances=(ether, *await _balances(client, deployment)),
        contracts=deployment.contracts,
        pools=await _pools(client, deployment),
    )


async def _balances(client: RpcClient, deployment: Deployment) -> tuple[Balance, ...]:
    reads = [Read(token.address, BALANCE_OF, (deployment.account,)) for token in deployment.tokens]
    return tuple(
        Balance(
            symbol=token.symbol,
            address=token.address,
            decimals=token.decimals,
            balance_base_units=balance,
        )
        for token, (balance,) in zip(deployment.tokens, await client.read_all(reads), strict=True)
    )


async def _pools(client: RpcClient, deployment: Deployment) -> tuple[PoolState, ...]:
    reads = [Read(pool.address, SLOT0) for pool in deployment.pools]
    reads += [Read(pool.address, LIQUIDITY) for pool in deployment.pools]
    results = await client.read_all(reads)
    count = len(deployment.pools)
    return tuple(
        PoolState(
            **pool.model_dump(),
            tick=tick,
            liquidity=liquidity,
            price=_price(deployment, pool, sqrt_price_x96),
        )
        for pool, (sqrt_price_x96, tick, *_), (liquidity,) in zip(
            deployment.pools, results[:count], results[count:], strict=True
        )
    )


def _price(deployment: Deployment, pool: DeployedPool, sqrt_price_x96: int) -> Decimal:
    decimals = deployment.token(pool.token0).decimals - deployment.token(pool.token1).decimals
    price = (Decimal(sqrt_price_x96**2) / Q192).scaleb(decimals)
    return Decimal(f"{price:.{PRICE_DIGITS}g}")
