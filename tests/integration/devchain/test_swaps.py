"""Real swaps: the pool's log, the balances, the quote and the router agree."""

from random import Random
from typing import Any

import pytest

from tests.integration.devchain import market
from tests.integration.devchain.market import load_pools
from tests.support.chain_wallet import Wallet
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.operations.embedded.devchain.blueprint import TOKENS
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.contract_interface import Read
from tradewind.trading.chain.erc20 import ALLOWANCE, APPROVE, BALANCE_OF, TRANSFER
from tradewind.trading.chain.errors import ExecutionReverted
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import (
    EXACT_INPUT_SINGLE,
    EXACT_INPUT_SINGLE_02,
    MULTICALL_BEFORE,
    QUOTE_EXACT_INPUT_SINGLE,
    SWAP,
)
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import Swap

FEE_PIPS = 3_000
DEADLINE_SECONDS = 120
CHAINED_SWAPS = 60


def swap_data(
    router: str, path: tuple[str, str], trader: str, deadline: int, amount: int, minimum: int
) -> bytes:
    if router == "swap_router":
        return EXACT_INPUT_SINGLE.encode((*path, FEE_PIPS, trader, deadline, amount, minimum, 0))
    inner = EXACT_INPUT_SINGLE_02.encode((*path, FEE_PIPS, trader, amount, minimum, 0))
    return MULTICALL_BEFORE.encode(deadline, [inner])


@pytest.mark.parametrize("router", ["swap_router", "swap_router_02"])
@pytest.mark.parametrize(
    ("base", "quote"), [("WETH", "USDC"), ("WBTC", "USDC")], ids=["token1", "token0"]
)
async def test_exact_input_single_emits_what_the_quoter_said(
    dev_chain: DevChain, client: RpcClient, wallet: Wallet, router: str, base: str, quote: str
) -> None:
    contracts, amount = dev_chain.deployment.contracts, 20_000 * 10**6
    token_in, token_out = (dev_chain.deployment.token(symbol) for symbol in (quote, base))
    path = (token_in.address, token_out.address)
    spender = contracts.model_dump()[router]
    expected, *_ = await client.read(
        Read(
            contracts.quoter_v2,
            QUOTE_EXACT_INPUT_SINGLE,
            ((*path, amount, FEE_PIPS, 0),),
        )
    )
    before = await _balances(client, wallet.address, path)
    await wallet.send(token_in.address, APPROVE.encode(spender, amount))
    deadline = await _deadline(client)
    data = swap_data(router, path, wallet.address, deadline, amount, expected)
    receipt = await wallet.send(spender, data)

    assert receipt["status"] == "0x1"
    (log,) = [SWAP.decode(log) for log in receipt["logs"] if SWAP.matches(log)]
    moved = {token_in.address: amount, token_out.address: -expected}
    ordered = sorted(moved, key=lambda address: int(address, 16))
    assert [log["amount0"], log["amount1"]] == [moved[address] for address in ordered]
    after = await _balances(client, wallet.address, path)
    assert after == (before[0] - amount, before[1] + expected)
    transfers = [TRANSFER.decode(log) for log in receipt["logs"] if TRANSFER.matches(log)]
    assert {transfer["value"] for transfer in transfers} == {amount, expected}
    # An exact approval is used up.
    assert await client.read(Read(path[0], ALLOWANCE, (wallet.address, spender))) == (0,)


async def test_a_swap_that_cannot_be_says_why(
    dev_chain: DevChain, client: RpcClient, wallet: Wallet
) -> None:
    contracts = dev_chain.deployment.contracts
    path = tuple(dev_chain.deployment.token(symbol).address for symbol in ("USDC", "WETH"))
    deadline = await _deadline(client)

    async def reason(deadline: int, minimum: int) -> str:
        data = EXACT_INPUT_SINGLE.encode(
            (*path, FEE_PIPS, wallet.address, deadline, 10**9, minimum, 0)
        )
        call = {"from": wallet.address, "to": contracts.swap_router, "data": "0x" + data.hex()}
        with pytest.raises(ExecutionReverted) as caught:
            await client.call("eth_call", call, "latest")
        return caught.value.reason

    assert await reason(deadline, 0) == "STF"
    await wallet.send(path[0], APPROVE.encode(contracts.swap_router, 10**9))
    assert await reason(deadline, 10**18) == "Too little received"
    assert await reason(deadline - 10 * DEADLINE_SECONDS, 0) == "Transaction too old"


async def test_the_router_foresees_the_pool_swap_after_swap(
    dev_chain: DevChain, client: RpcClient, node: DevelopmentNode
) -> None:
    """Given quoted swaps, when they are executed, then log and next state are as foretold."""
    random = Random(2)
    pools = await market.all_pools(client, dev_chain.deployment)
    lens = dev_chain.deployment.contracts.tick_lens
    await market.approve_router(node, dev_chain.deployment)
    partial = 0
    for snapshot in await load_pools(client, lens, pools):
        pool = snapshot
        for _ in range(CHAINED_SWAPS // len(pools)):
            zero_for_one = bool(random.getrandbits(1))
            token_in = pool.token0 if zero_for_one else pool.token1
            usd = int(10 ** random.uniform(1, 7.5))
            amount = usd * 10**token_in.decimals // TOKENS[token_in.symbol].usd + 1
            foretold = PythonRouter().prepare(pool).quote(Swap(zero_for_one, amount))
            if not foretold.amount_in:
                continue
            log = await market.swap(
                node, dev_chain.deployment, pool, zero_for_one=zero_for_one, amount_in=amount
            )
            assert _movement(log, zero_for_one) == (foretold.amount_in, foretold.amount_out)
            pool = _moved(pool, log)
            assert (pool.sqrt_price_x96, pool.tick, pool.liquidity) == (
                foretold.sqrt_price_x96_after,
                foretold.tick_after,
                foretold.liquidity_after,
            )
            partial += not foretold.filled
    assert partial > 0


def _movement(log: dict[str, Any], zero_for_one: bool) -> tuple[int, int]:
    amounts = (log["amount0"], log["amount1"])
    amount_in, amount_out = amounts if zero_for_one else amounts[::-1]
    return amount_in, -amount_out


def _moved(pool: PoolSnapshot, log: dict[str, Any]) -> PoolSnapshot:
    names = ("sqrt_price_x96", "tick", "liquidity")
    return pool.model_copy(update={name: log[name] for name in names})


async def _deadline(client: RpcClient) -> int:
    header = await client.call("eth_getBlockByNumber", "latest", False)
    return parse_quantity(header["timestamp"]) + DEADLINE_SECONDS


async def _balances(client: RpcClient, owner: str, tokens: tuple[str, str]) -> tuple[int, ...]:
    reads = [Read(token, BALANCE_OF, (owner,)) for token in tokens]
    return tuple(balance for (balance,) in await client.read_all(reads))
