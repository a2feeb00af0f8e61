"""Follows pools from block to block by their logs, and back over reorgs."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tradewind.contracts.instruments.assets import Asset, to_checksum_address
from tradewind.contracts.instruments.pools import ChainHead, PoolSnapshot
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.hexadecimal import parse_quantity, to_quantity
from tradewind.trading.chain.json_rpc import Call, Fault
from tradewind.trading.chain.pool_loader import discover_pools, load_states, to_block
from tradewind.trading.chain.pool_state import Block, InconsistentLog, Pool, PoolState
from tradewind.trading.chain.rpc_client import RpcClient, result_of
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.chain.uniswap_v3 import BURN, MINT, SWAP

MAX_RANGE_BLOCKS: Final = 500
"""Over a longer gap, loading the pools is cheaper than reading their logs."""
HISTORY_BLOCKS: Final = 64
"""After a deeper reorg all pools are loaded again."""
TOPICS: Final = [SWAP.topic, MINT.topic, BURN.topic]


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


class PoolTracker:
    """Tracks the state of every pool of the configured tokens. Raises RpcUnavailable."""

    def __init__(self, client: RpcClient, settings: ChainSettings, tokens: Sequence[Asset]) -> None:
        self._client = client
        self._settings = settings
        self._contracts = settings.contracts()
        self._tokens = [token for token in tokens if token.chain == settings.chain]
        self._pools: list[Pool] = []
        self._history: deque[PoolsAtBlock] = deque(maxlen=HISTORY_BLOCKS)

    async def discover(self) -> bool:
        """Look for new pools; return whether there are any. The next `advance` loads them."""
        pools = await discover_pools(self._client, self._contracts, self._tokens)
        is_new = {pool.address for pool in pools} != {pool.address for pool in self._pools}
        if is_new:
            self._pools = pools
            self._history.clear()
        return is_new

    async def advance(self) -> PoolUpdate | None:
        """Return the pools as of the newest block, or None when that block is known already."""
        if not self._pools:
            await self.discover()
        try:
            if not self._history:
                raise MustLoad("start")
            return await self._follow()
        except (MustLoad, InconsistentLog) as reason:
            self._history.clear()
            return await self._load(str(reason))
        except (ValueError, KeyError, TypeError, RpcRefused) as error:
            raise RpcUnavailable(f"a node answers nonsense: {error}") from error

    async def _load(self, reason: str) -> PoolUpdate:
        block, states = await load_states(self._client, self._contracts.tick_lens, self._pools)
        (header, priority) = await self._client.batch(
            [
                Call("eth_getBlockByNumber", (to_quantity(block.number), False)),
                Call("eth_maxPriorityFeePerGas"),
            ]
        )
        known = PoolsAtBlock(block, {state.pool.address: state for state in states})
        self._history.append(known)
        return self._report(known, result_of(header), priority, loaded=reason)

    async def _follow(self) -> PoolUpdate | None:
        """Read the logs since the newest known block that is still in the chain."""
        known, depth = await self._newest_in_chain()
        newest, priority = await self._client.batch(
            [Call("eth_getBlockByNumber", ("latest", False)), Call("eth_maxPriorityFeePerGas")]
        )
        header = result_of(newest)
        head = to_block(header)
        if head.hash == known.block.hash:
            if not depth:
                return None
            return self._report(known, header, priority, reorg_depth=depth)
        gap = head.number - known.block.number
        if not 0 < gap <= MAX_RANGE_BLOCKS:
            raise MustLoad(f"{gap} blocks at once")
        states = await self._replay(known, head)
        following = PoolsAtBlock(head, states)
        self._history.append(following)
        return self._report(following, header, priority, reorg_depth=depth)

    async def _newest_in_chain(self) -> tuple[PoolsAtBlock, int]:
        """Return the newest state whose block is still in the chain, and how many were dropped."""
        depth = 0
        while self._history:
            known = self._history[-1]
            number = to_quantity(known.block.number)
            found = await self._client.call("eth_getBlockByNumber", number, False)
            if found is not None and found["hash"] == known.block.hash:
                return known, depth
            self._history.pop()
            depth += 1
        raise MustLoad("a reorg deeper than what is remembered")

    async def _replay(self, known: PoolsAtBlock, head: Block) -> dict[str, PoolState]:
        query = {
            "fromBlock": to_quantity(known.block.number + 1),
            "toBlock": to_quantity(head.number),
            "address": [pool.address for pool in self._pools],
            "topics": [TOPICS],
        }
        logs, start, end = await self._client.batch(
            [
                Call("eth_getLogs", (query,)),
                Call("eth_getBlockByNumber", (to_quantity(known.block.number), False)),
                Call("eth_getBlockByNumber", (to_quantity(head.number), False)),
            ]
        )
        # A reorg between the calls would mix the logs of two branches.
        hashes = [_hash(block) for block in (start, end)]
        if hashes != [known.block.hash, head.hash]:
            raise RpcUnavailable("the chain changed while its logs were read")
        states = dict(known.states)
        for log in sorted(result_of(logs), key=_log_position):
            if log.get("removed"):
                raise MustLoad("a node told of a removed log")
            address = to_checksum_address(log["address"])
            states[address] = states[address].apply(log)
        return states

    def _report(
        self,
        known: PoolsAtBlock,
        header: dict[str, Any],
        priority: object,
        *,
        reorg_depth: int = 0,
        loaded: str = "",
    ) -> PoolUpdate:
        suggestion = 0 if isinstance(priority, Fault) else parse_quantity(priority)
        head = ChainHead(
            chain=self._settings.chain,
            chain_id=self._settings.chain_id,
            block_number=known.block.number,
            block_hash=known.block.hash,
            block_time=known.block.time,
            base_fee_per_gas_wei=parse_quantity(header["baseFeePerGas"]),
            priority_fee_per_gas_wei=suggestion,
        )
        snapshots = [state.snapshot(known.block) for state in known.states.values()]
        return PoolUpdate(head, snapshots, reorg_depth, loaded)


def _hash(block: object) -> str | None:
    return block["hash"] if isinstance(block, dict) else None


def _log_position(log: dict[str, Any]) -> tuple[int, int]:
    return parse_quantity(log["blockNumber"]), parse_quantity(log["logIndex"])
