"""The router against QuoterV2 on a live EVM: equal to the wei, or it is wrong.

Rounds of random trades and new positions move the pools; after each, every pool is loaded and
asked for random amounts, for amounts that end on an initialised tick and one wei beside it, for
more than it has, and with random price limits, in both directions, exact-in and exact-out.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import NamedTuple

from tests.integration.devchain import market
from tests.integration.devchain.interfaces import QUOTE_EXACT_OUTPUT_SINGLE
from tests.integration.devchain.market import load_pools
from tradewind.contracts.instruments.pools import MAX_TICK, MIN_TICK, PoolSnapshot
from tradewind.operations.embedded.devchain.blueprint import TOKENS
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.errors import DeploymentFailed
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.contract_interface import Read
from tradewind.trading.chain.json_rpc import Fault, Reply
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import QUOTE_EXACT_INPUT_SINGLE
from tradewind.trading.pricing.swap.engine import choose_router
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import PreparedPool, Router, Swap, SwapResult
from tradewind.trading.pricing.swap.tick_math import (
    MAX_SQRT_RATIO,
    MIN_SQRT_RATIO,
    sqrt_ratio_at_tick,
)

ROUNDS = int(os.environ.get("TRADEWIND_QUOTER_ROUNDS", "4"))
"""`make bench` runs more rounds."""
SEED = int(os.environ.get("TRADEWIND_QUOTER_SEED", "1"))
TRADES_PER_ROUND = 12
RANDOM_AMOUNTS = 4
EDGE_TICKS = 2
MAX_AMOUNT_BITS = 100


class Question(NamedTuple):
    """One quote to compare."""

    pool: PreparedPool
    swap: Swap

    def read(self, quoter: str) -> Read:
        """Return the same question for QuoterV2; without a limit it would refuse partial fills."""
        snapshot, swap = self.pool.snapshot, self.swap
        tokens = (snapshot.token0.address, snapshot.token1.address)
        furthest = MIN_SQRT_RATIO + 1 if swap.zero_for_one else MAX_SQRT_RATIO - 1
        function = QUOTE_EXACT_OUTPUT_SINGLE if swap.exact_out else QUOTE_EXACT_INPUT_SINGLE
        limit = swap.sqrt_price_limit_x96 or furthest
        path = tokens if swap.zero_for_one else tokens[::-1]
        return Read(quoter, function, ((*path, swap.amount, snapshot.fee_pips, limit),))


def questions(pool: PreparedPool, random: Random) -> Iterator[Question]:
    for zero_for_one in (True, False):
        for exact_out in (False, True):
            for _ in range(RANDOM_AMOUNTS):
                amount = random.getrandbits(random.randint(1, MAX_AMOUNT_BITS)) + 1
                yield Question(pool, Swap(zero_for_one, amount, exact_out))
                limit_x96 = _limit_ahead(pool.snapshot, zero_for_one, random)
                if limit_x96 is not None:
                    yield Question(pool, Swap(zero_for_one, amount, exact_out, limit_x96))
            for amount in _edge_amounts(pool, zero_for_one, exact_out, random):
                yield Question(pool, Swap(zero_for_one, amount, exact_out))


def _limit_ahead(snapshot: PoolSnapshot, zero_for_one: bool, random: Random) -> int | None:
    """Return a price further on in this direction, or None at the end of the range."""
    distance = int(10 ** random.uniform(0, 4))
    tick = snapshot.tick - distance if zero_for_one else snapshot.tick + 1 + distance
    return sqrt_ratio_at_tick(tick) if MIN_TICK < tick < MAX_TICK else None


def _edge_amounts(
    pool: PreparedPool, zero_for_one: bool, exact_out: bool, random: Random
) -> Iterator[int]:
    """Yield the amounts that take the price exactly to a tick, and one wei less and more."""
    tick_now = pool.snapshot.tick
    ahead = [tick.index for tick in pool.snapshot.ticks if (tick.index < tick_now) is zero_for_one]
    for tick in random.sample(ahead, min(EDGE_TICKS, len(ahead))):
        price_x96 = sqrt_ratio_at_tick(tick)
        price_now_x96 = pool.snapshot.sqrt_price_x96
        if price_x96 == price_now_x96 or (price_x96 < price_now_x96) is not zero_for_one:
            continue
        reached = pool.quote(Swap(zero_for_one, 1 << 200, exact_out, price_x96))
        amount = reached.amount_out if exact_out else reached.amount_in
        yield from (near for near in (amount - 1, amount, amount + 1) if near > 0)


async def shake(
    node: DevelopmentNode, dev_chain: DevChain, snapshots: list[PoolSnapshot], random: Random
) -> None:
    """Trade and add liquidity at random."""
    for _ in range(TRADES_PER_ROUND):
        pool = random.choice(snapshots)
        token_in = random.choice((pool.token0, pool.token1))
        usd = int(10 ** random.uniform(0, 6.5))
        amount = usd * 10**token_in.decimals // TOKENS[token_in.symbol].usd + 1
        zero_for_one = token_in is pool.token0
        # A pool that has nothing left in this direction refuses.
        with suppress(DeploymentFailed):
            await market.swap(
                node, dev_chain.deployment, pool, zero_for_one=zero_for_one, amount_in=amount
            )
    pool = random.choice(snapshots)
    lower = (pool.tick + random.randint(-2_000, 2_000)) // pool.tick_spacing
    upper = lower + random.randint(1, 40)
    spacing = pool.tick_spacing
    # A position too thin for a unit of liquidity, or beyond the last tick, is refused.
    with suppress(DeploymentFailed):
        await market.add_position(
            node, dev_chain.deployment, pool, lower * spacing, upper * spacing, 10**11
        )


def differs(result: SwapResult, question: Question, reply: Reply) -> bool:
    if isinstance(reply, Fault):
        # The pool refuses a swap that moves nothing at all.
        return bool(result.amount_in or result.amount_out)
    read = question.read(quoter="")
    amount, price_after_x96, *_ = read.result(reply)
    mine = result.amount_in if question.swap.exact_out else result.amount_out
    return bool((mine, result.sqrt_price_x96_after) != (amount, price_after_x96))


def engines() -> list[Router]:
    """Return every engine that is built here; the one in Python always is."""
    return [PythonRouter(), *filter(_is_rust, [choose_router(rust_engine_enabled=True)])]


def _is_rust(router: Router) -> bool:
    return not isinstance(router, PythonRouter)


def mismatches(
    engine: Router, snapshots: list[PoolSnapshot], batch: list[Question], replies: list[Reply]
) -> list[tuple[Question, SwapResult, Reply]]:
    """Return what an engine quotes otherwise than QuoterV2."""
    pools = {snapshot.pool: engine.prepare(snapshot) for snapshot in snapshots}
    results = [pools[question.pool.snapshot.pool].quote(question.swap) for question in batch]
    return [
        (question, result, reply)
        for question, result, reply in zip(batch, results, replies, strict=True)
        if differs(result, question, reply)
    ]


async def test_router_equals_quoter(
    dev_chain: DevChain, client: RpcClient, node: DevelopmentNode
) -> None:
    random = Random(SEED)
    contracts = dev_chain.deployment.contracts
    pools = await market.all_pools(client, dev_chain.deployment)
    await market.approve_router(node, dev_chain.deployment)
    asked: list[SwapResult] = []
    for _ in range(ROUNDS):
        snapshots = await load_pools(client, contracts.tick_lens, pools)
        prepared = [PythonRouter().prepare(snapshot) for snapshot in snapshots]
        batch = [question for pool in prepared for question in questions(pool, random)]
        reads = [question.read(contracts.quoter_v2) for question in batch]
        replies = await client.batch([read.call() for read in reads])
        for engine in engines():
            assert mismatches(engine, snapshots, batch, replies) == [], engine
        asked += [question.pool.quote(question.swap) for question in batch]
        await shake(node, dev_chain, snapshots, random)
    kinds = {type(engine).__name__ for engine in engines()}
    print(f"compared {len(asked)} quotes with {sorted(kinds)}: 0 mismatches, seed {SEED}")
    # The comparison is worth something only when it saw all kinds of swaps.
    assert len(asked) > 2_000
    assert len(asked) / 4 < sum(result.filled for result in asked) < len(asked)
    assert len(asked) / 4 < sum(result.ticks_crossed > 0 for result in asked)
