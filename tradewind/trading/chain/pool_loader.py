"""Reads the state of pools from the chain, all of them at the same block."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, combinations
from typing import Any, Final

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import MAX_TICK
from tradewind.trading.chain.contract_interface import LATEST, Read
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Json
from tradewind.trading.chain.pool_state import Block, Pool, PoolState, Tick
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import (
    FEE_AMOUNT_TICK_SPACING,
    FEE_TIERS_PIPS,
    GET_POOL,
    LIQUIDITY,
    POPULATED_TICKS_IN_WORD,
    SLOT0,
    UniswapV3Contracts,
)

WORD_TICKS: Final = 256
NO_POOL: Final = "0x0000000000000000000000000000000000000000"


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


async def load_states(
    client: RpcClient, tick_lens: str, pools: Sequence[Pool], block_tag: str = LATEST
) -> tuple[Block, list[PoolState]]:
    """Return a block and the state of each pool in it, in one batch of reads.

    RpcUnavailable when the block is gone by the time of the reads (a reorg): load again.
    """
    block = to_block(await client.call("eth_getBlockByNumber", block_tag, False))
    # The hash pins the reads to this block on whatever node and in however many requests.
    pin: Json = {"blockHash": block.hash, "requireCanonical": True}
    plans = [list(_reads(pool, tick_lens)) for pool in pools]
    results = iter(await client.read_all(list(chain.from_iterable(plans)), pin))
    return block, [
        _state(pool, [next(results) for _ in plan]) for pool, plan in zip(pools, plans, strict=True)
    ]


def to_block(header: dict[str, Any]) -> Block:
    """Convert a block header; ValueError, KeyError or TypeError when it is malformed."""
    seconds = parse_quantity(header["timestamp"])
    return Block(
        parse_quantity(header["number"]), header["hash"], datetime.fromtimestamp(seconds, UTC)
    )


def _reads(pool: Pool, tick_lens: str) -> Iterator[Read]:
    yield Read(pool.address, SLOT0)
    yield Read(pool.address, LIQUIDITY)
    highest_word = MAX_TICK // pool.tick_spacing // WORD_TICKS
    for word in range(-highest_word - 1, highest_word + 1):
        yield Read(tick_lens, POPULATED_TICKS_IN_WORD, (pool.address, word))


def _state(pool: Pool, results: list[tuple[Any, ...]]) -> PoolState:
    (sqrt_price_x96, tick, *_), (liquidity,), *words = results
    ticks = {index: Tick(gross, net) for (word,) in words for index, net, gross in word}
    return PoolState(pool, sqrt_price_x96, tick, liquidity, ticks)
