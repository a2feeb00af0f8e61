"""Reads the state of pools from the chain, all of them at one and the same block."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, combinations
from typing import Any, Final, NamedTuple

from tradewind.chain.contract_interface import LATEST, Read
from tradewind.chain.hexadecimal import parse_quantity
from tradewind.chain.json_rpc import Json
from tradewind.chain.rpc_client import RpcClient
from tradewind.chain.uniswap_v3 import (
    FEE_AMOUNT_TICK_SPACING,
    FEE_TIERS_PIPS,
    GET_POOL,
    LIQUIDITY,
    POPULATED_TICKS_IN_WORD,
    SLOT0,
    UniswapV3Contracts,
)
from tradewind.contracts.assets import Asset
from tradewind.contracts.market import PoolSnapshot, TickLiquidity

MAX_TICK: Final = 887_272
WORD_TICKS: Final = 256
NO_POOL: Final = "0x0000000000000000000000000000000000000000"


class Pool(NamedTuple):
    """What never changes about a pool."""

    address: str
    token0: Asset
    token1: Asset
    fee_pips: int
    tick_spacing: int


class _Block(NamedTuple):
    number: int
    hash: str
    time: datetime


async def discover_pools(
    client: RpcClient,
    contracts: UniswapV3Contracts,
    tokens: Sequence[Asset],
    fee_tiers_pips: Sequence[int] = FEE_TIERS_PIPS,
) -> list[Pool]:
    """Return every pool the factory has for two of the tokens, in one batch."""
    ordered = sorted(tokens, key=lambda token: int(token.address, 16))
    wanted = [(*pair, fee) for pair in combinations(ordered, 2) for fee in fee_tiers_pips]
    factory = contracts.factory
    reads = [Read(factory, FEE_AMOUNT_TICK_SPACING, (fee,)) for fee in fee_tiers_pips]
    reads += [
        Read(factory, GET_POOL, (token0.address, token1.address, fee))
        for token0, token1, fee in wanted
    ]
    results = [result for (result,) in await client.read_all(reads)]
    spacings = dict(zip(fee_tiers_pips, results, strict=False))
    addresses = results[len(fee_tiers_pips) :]
    return [
        Pool(address, token0, token1, fee, spacings[fee])
        for (token0, token1, fee), address in zip(wanted, addresses, strict=True)
        if address != NO_POOL
    ]


async def load_pools(
    client: RpcClient, tick_lens: str, pools: Sequence[Pool], block_tag: str = LATEST
) -> list[PoolSnapshot]:
    """Return the state of each pool at a block, in one batch of reads.

    RpcUnavailable when the block is gone by the time of the reads (a reorg): load again.
    """
    block = await _block(client, block_tag)
    # The hash pins the reads to this block on whatever node and in however many requests.
    pin: Json = {"blockHash": block.hash, "requireCanonical": True}
    plans = [list(_reads(pool, tick_lens)) for pool in pools]
    results = iter(await client.read_all(list(chain.from_iterable(plans)), pin))
    return [
        _snapshot(pool, block, [next(results) for _ in plan])
        for pool, plan in zip(pools, plans, strict=True)
    ]


async def _block(client: RpcClient, block_tag: str) -> _Block:
    header = await client.call("eth_getBlockByNumber", block_tag, False)
    seconds = parse_quantity(header["timestamp"])
    return _Block(
        parse_quantity(header["number"]), header["hash"], datetime.fromtimestamp(seconds, UTC)
    )


def _reads(pool: Pool, tick_lens: str) -> Iterator[Read]:
    yield Read(pool.address, SLOT0)
    yield Read(pool.address, LIQUIDITY)
    highest_word = MAX_TICK // pool.tick_spacing // WORD_TICKS
    for word in range(-highest_word - 1, highest_word + 1):
        yield Read(tick_lens, POPULATED_TICKS_IN_WORD, (pool.address, word))


def _snapshot(pool: Pool, block: _Block, results: list[tuple[Any, ...]]) -> PoolSnapshot:
    (sqrt_price_x96, tick, *_), (liquidity,), *words = results
    ticks = sorted((index, net) for (word,) in words for index, net, _ in word)
    return PoolSnapshot(
        chain=pool.token0.chain,
        pool=pool.address,
        token0=pool.token0,
        token1=pool.token1,
        fee_pips=pool.fee_pips,
        tick_spacing=pool.tick_spacing,
        sqrt_price_x96=sqrt_price_x96,
        tick=tick,
        liquidity=liquidity,
        ticks=tuple(TickLiquidity(index=index, liquidity_net=str(net)) for index, net in ticks),
        block_number=block.number,
        block_time=block.time,
    )
