"""Follows pools from block to block by their logs, and back over reorgs."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tradewind.contracts.instruments.assets import Asset, to_checksum_address
from tradewind.contracts.instruments.pools import ChainHead, PoolSnapshot
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.hexadecimal import to_quantity
from tradewind.trading.chain.json_rpc import Call, Reply
from tradewind.trading.chain.log_ranges import MAX_LOG_BLOCKS, LogQuery
from tradewind.trading.chain.pool_loader import (
    HEAD_CALLS,
    Head,
    discover_pools,
    load_states_at,
    to_head,
)
from tradewind.trading.chain.pool_state import (
    Block,
    InconsistentLog,
    Pool,
    PoolState,
    swapped_amounts,
)
from tradewind.trading.chain.rpc_client import NONSENSE, RpcClient
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.chain.uniswap_v3 import BURN, INITIALIZE, MINT, SWAP

HISTORY_BLOCKS: Final = 64
"""After a deeper reorg all pools are loaded again."""
RELOAD_AFTER_SECONDS: Final = 10.0
"""When logs are not to be had for so long, the pools are loaded before anybody finds them stale."""
TOPICS: Final = tuple(event.topic for event in (SWAP, MINT, BURN, INITIALIZE))


class MustLoad(Exception):
    """The logs do not lead from the known state to the head of the chain; the text says why."""


@dataclass(frozen=True, slots=True)
class PoolsAtBlock:
    """All pools as of a block."""

    block: Block
    states: dict[str, PoolState]
    """States by checksummed address."""


@dataclass(frozen=True, slots=True)
class PoolUpdate:
    """The pools as of the newest block, and how they got there."""

    head: ChainHead
    snapshots: list[PoolSnapshot]
    reorg_depth: int = 0
    loaded: str = ""
    """Why all pools were loaded; empty when they were not."""
    failures: dict[str, str] = field(default_factory=dict)
    """Why a pool cannot be described, by its address."""
    volumes: dict[str, tuple[int, int]] | None = None
    """What was swapped since the update before, of token0 and token1 in base units, by the pool's
    address; None where pools were loaded. What a reorg took back is counted twice."""


class PoolTracker:
    """Tracks the state of every pool of the configured tokens. Raises RpcUnavailable."""

    def __init__(
        self,
        client: RpcClient,
        settings: ChainSettings,
        tokens: Sequence[Asset],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._settings = settings
        self._contracts = settings.contracts()
        self._tokens = [token for token in tokens if token.chain == settings.chain]
        self._now = now
        self._pools: list[Pool] = []
        self._history: deque[PoolsAtBlock] = deque(maxlen=HISTORY_BLOCKS)
        self._unread: dict[str, str] = {}
        self._followed_at = now()

    async def discover(self) -> bool:
        """Look for new pools; return whether there are any. The next `advance` loads them.

        It also loads again when some pool could not be read before.
        """
        try:
            pools = await discover_pools(self._client, self._contracts, self._tokens)
        except (RpcRefused, *NONSENSE) as error:
            raise RpcUnavailable(f"a node answers nonsense: {error}") from error
        is_new = {pool.address for pool in pools} != {pool.address for pool in self._pools}
        if is_new or self._unread:
            self._pools = pools
            self._history.clear()
        return is_new

    async def advance(self) -> PoolUpdate | None:
        """Return the pools as of the newest block, or None when that block is known already."""
        if not self._pools:
            await self.discover()
        try:
            update = await self._advance()
        except (RpcRefused, InconsistentLog, *NONSENSE) as error:
            raise RpcUnavailable(f"a node answers nonsense: {error}") from error
        self._followed_at = self._now()
        return update

    async def _advance(self) -> PoolUpdate | None:
        try:
            if not self._history:
                raise MustLoad("start")
            return await self._follow()
        except (MustLoad, InconsistentLog) as reason:
            return await self._load(str(reason))
        except (RpcUnavailable, *NONSENSE) as error:
            if self._now() - self._followed_at < RELOAD_AFTER_SECONDS:
                raise
            return await self._load(f"the logs are not to be had: {error}")

    async def _load(self, reason: str) -> PoolUpdate:
        # What does not follow from what is known may come from another chain.
        self._client.doubt_chain()
        head = await self._client.ask(HEAD_CALLS, to_head)
        lens = self._contracts.tick_lens
        states, unread = await load_states_at(self._client, lens, self._pools, head.block)
        if unread:
            await self._check_is_in_chain(head.block)
        if unread and not states:
            raise RpcUnavailable(f"no pool can be read: {next(iter(unread.values()))}")
        known = PoolsAtBlock(head.block, {state.pool.address: state for state in states})
        self._history.clear()
        self._history.append(known)
        self._unread = unread
        return self._report(known, head, loaded=reason)

    async def _check_is_in_chain(self, block: Block) -> None:
        """Raise RpcUnavailable where a reorg is why some pools could not be read at a block."""
        (found,) = await self._client.batch([_block_call(block.number)])
        if _hash(found) != block.hash:
            raise RpcUnavailable("the chain changed while its pools were loaded")

    async def _follow(self) -> PoolUpdate | None:
        """Read the logs since the newest known block that is still in the chain."""
        known, head, depth = await self._newest_in_chain()
        if head.block.hash == known.block.hash:
            return self._report(known, head, reorg_depth=depth) if depth else None
        gap = head.block.number - known.block.number
        if not 0 < gap <= MAX_LOG_BLOCKS:
            raise MustLoad(f"{gap} blocks at once")
        volumes: dict[str, tuple[int, int]] = {}
        following = PoolsAtBlock(head.block, await self._replay(known, head.block, volumes))
        self._history.append(following)
        return replace(self._report(following, head, reorg_depth=depth), volumes=volumes)

    async def _newest_in_chain(self) -> tuple[PoolsAtBlock, Head, int]:
        """Return the newest state whose block is still in the chain, the head, and the depth.

        The depth is how many states were dropped, because their blocks are in the chain no more.
        """
        depth = 0
        while self._history:
            known = self._history[-1]
            head, found = await self._client.ask(
                [*HEAD_CALLS, _block_call(known.block.number)], _head_beside(known.block.number)
            )
            if found == known.block.hash:
                return known, head, depth
            self._history.pop()
            depth += 1
        raise MustLoad("a reorg deeper than what is remembered")

    async def _replay(
        self, known: PoolsAtBlock, head: Block, volumes: dict[str, tuple[int, int]]
    ) -> dict[str, PoolState]:
        query = LogQuery(tuple(known.states), TOPICS, known.block.number + 1, head.number)

        def check(blocks: list[Reply]) -> None:
            # A reorg between the calls, or a node that is behind, would mix two branches' logs.
            if [_hash(block) for block in blocks] != [known.block.hash, head.hash]:
                raise ValueError("the chain changed while its logs were read")

        ends = [_block_call(known.block.number), _block_call(head.number)]
        try:
            logs = await self._client.logs(query, ends, check)
        except RpcRefused as error:
            raise MustLoad(str(error)) from error
        states = dict(known.states)
        for log in logs:
            address = to_checksum_address(log["address"])
            states[address] = states[address].apply(log)
            before, more = volumes.get(address, (0, 0)), swapped_amounts(log)
            volumes[address] = (before[0] + more[0], before[1] + more[1])
        return states

    def _report(
        self, known: PoolsAtBlock, head: Head, *, reorg_depth: int = 0, loaded: str = ""
    ) -> PoolUpdate:
        chain_head = ChainHead(
            chain=self._settings.chain,
            chain_id=self._settings.chain_id,
            block_number=known.block.number,
            block_hash=known.block.hash,
            block_time=known.block.time,
            base_fee_per_gas_wei=head.base_fee_wei,
            priority_fee_per_gas_wei=head.priority_fee_wei,
        )
        update = PoolUpdate(chain_head, [], reorg_depth, loaded, dict(self._unread))
        _describe(update, known.block, known.states.values())
        return update


def _describe(update: PoolUpdate, block: Block, states: Iterable[PoolState]) -> None:
    """Add the snapshots of the pools with a price; a pool that cannot be described is named."""
    for state in states:
        if not state.is_initialized:
            continue
        try:
            update.snapshots.append(state.snapshot(block))
        except ValueError as error:
            update.failures[state.pool.address] = str(error)


def _block_call(number: int) -> Call:
    return Call("eth_getBlockByNumber", (to_quantity(number), False))


def _head_beside(number: int) -> Callable[[list[Reply]], tuple[Head, str | None]]:
    """Return what parses a head, and the hash of a block that this or another node has shown."""

    def parse(replies: list[Reply]) -> tuple[Head, str | None]:
        *of_head, block = replies
        head, found = to_head(of_head), _hash(block)
        if found is None and head.block.number < number:
            raise ValueError(f"it is behind, at block {head.block.number} of {number}")
        return head, found

    return parse


def _hash(block: Any) -> str | None:
    return block["hash"].lower() if isinstance(block, dict) else None
