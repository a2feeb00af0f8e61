"""Reads the state of pools from the chain, all of them at the same block."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, combinations, islice
from typing import Any, Final, NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import MAX_TICK
from tradewind.trading.chain.contract_interface import LATEST, Read
from tradewind.trading.chain.errors import RpcRefused
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Call, Fault, Json, Reply
from tradewind.trading.chain.pool_state import Block, Pool, PoolState, Tick
from tradewind.trading.chain.rpc_client import NONSENSE, RpcClient, result_of
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
    results = await client.ask(
        [read.call() for read in reads],
        lambda replies: [result for (result,) in _results(reads, replies)],
    )
    spacings = dict(zip(fee_tiers_pips, results, strict=False))
    addresses = results[len(fee_tiers_pips) :]
    return [
        Pool(address, token0, token1, fee, spacings[fee])
        for (token0, token1, fee), address in zip(wanted, addresses, strict=True)
        if address != NO_POOL
    ]


class Head(NamedTuple):
    """The newest block of a node, and what gas costs after it, in wei per unit."""

    block: Block
    base_fee_wei: int
    priority_fee_wei: int
    """What the node suggests; 0 where it does not know the method."""


HEAD_CALLS: Final = (
    Call("eth_getBlockByNumber", (LATEST, False)),
    Call("eth_maxPriorityFeePerGas"),
)


class Loaded(NamedTuple):
    """The states of pools at one block, and why some of them are not known."""

    states: list[PoolState]
    failures: dict[str, str]
    """What is wrong with a pool, by its address."""


async def load_states(
    client: RpcClient, tick_lens: str, pools: Sequence[Pool], block_tag: str = LATEST
) -> tuple[Block, list[PoolState]]:
    """Return a block and the state of each pool in it.

    RpcUnavailable when the block is gone by the time of the reads (a reorg): load again.
    """
    block = await client.ask(
        [Call("eth_getBlockByNumber", (block_tag, False))],
        lambda replies: to_block(result_of(replies[0])),
    )
    loaded = await load_states_at(client, tick_lens, pools, block)
    if loaded.failures:
        raise RpcRefused(f"pools cannot be read: {loaded.failures}")
    return block, loaded.states


async def load_states_at(
    client: RpcClient, tick_lens: str, pools: Sequence[Pool], block: Block
) -> Loaded:
    """Return the state of each pool at a block, in one batch of reads.

    A pool that cannot be described does not keep the others from being loaded.
    """
    # The hash pins the reads to this block on whatever node and in however many requests.
    pin: Json = {"blockHash": block.hash, "requireCanonical": True}
    plans = [list(_reads(pool, tick_lens)) for pool in pools]
    replies = iter(await client.batch([read.call(pin) for read in chain.from_iterable(plans)]))
    loaded = Loaded([], {})
    for pool, plan in zip(pools, plans, strict=True):
        answers = list(islice(replies, len(plan)))
        try:
            loaded.states.append(_state(pool, _results(plan, answers)))
        except (RpcRefused, *NONSENSE) as error:
            loaded.failures[pool.address] = f"{type(error).__name__}: {error}"
    return loaded


def _results(plan: Sequence[Read], replies: Sequence[Reply]) -> list[tuple[Any, ...]]:
    return [read.result(result_of(reply)) for read, reply in zip(plan, replies, strict=True)]


def to_head(replies: Sequence[Reply]) -> Head:
    """Convert the replies to HEAD_CALLS; ValueError, KeyError or TypeError for nonsense."""
    header, priority = replies
    found = result_of(header)
    suggested = 0
    if not isinstance(priority, Fault) and priority is not None:
        suggested = parse_quantity(priority)
    return Head(to_block(found), base_fee_wei(found), suggested)


def to_block(header: dict[str, Any]) -> Block:
    """Convert a block header; ValueError, KeyError or TypeError when it is malformed."""
    seconds = parse_quantity(header["timestamp"])
    block_hash = header["hash"].lower()
    return Block(parse_quantity(header["number"]), block_hash, datetime.fromtimestamp(seconds, UTC))


def base_fee_wei(header: dict[str, Any]) -> int:
    """Return the base fee of a block; ValueError says what it means that there is none."""
    fee = header.get("baseFeePerGas")
    if fee is None:
        raise ValueError(
            f"block {header.get('number')} has no baseFeePerGas: a chain without EIP-1559, or one "
            "before it, cannot be traded on"
        )
    return parse_quantity(fee)


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
