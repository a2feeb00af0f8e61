"""Compares a quote with peers on the same pool: @uniswap/v3-sdk and QuoterV2 by eth_call."""

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.percentiles import median
from loadtest.bench.run import Run
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER
from tradewind.operations.embedded.devchain.deployer import NO_DEADLINE
from tradewind.operations.embedded.devchain.dev_chain import DevChain, start_dev_chain
from tradewind.operations.embedded.devchain.errors import DevChainUnavailable
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.contract_interface import Read
from tradewind.trading.chain.pool_loader import discover_pools, load_states
from tradewind.trading.chain.pool_state import PoolState
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.uniswap_v3 import MINT_POSITION, QUOTE_EXACT_INPUT_SINGLE
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import PreparedPool, Swap
from tradewind.trading.pricing.swap.tick_math import sqrt_ratio_at_tick

NAME: Final = "quote-peers"
_DIRECTORY = Path(__file__).parent / "peers" / "v3_sdk"
_INSTALL_SECONDS = 300
_NODE_SECONDS = 120
_POOL = ("USDC", "WETH", 500)
_POSITIONS = 30
_POSITION_UNITS = 10**9
_ROUNDS = 9
_QUOTES = 200
_ALL_OF_IT = 2**127
_LEAST_SDK, _LEAST_QUOTER = Budget(400, at_least=True), Budget(2_500, at_least=True)
"""How many times as long as Rust each takes at least, at every depth."""
_DEPTHS = (("0 ticks", 0), ("1–5 ticks", 3), ("6–20 ticks", 15), ("over 20 ticks", 28))


class _Peers(NamedTuple):
    """Microseconds of one quote by each engine, and what it pays."""

    amount_out: int
    rust: float
    through_python: float
    python: float
    sdk: float
    quoter: float


def run(run: Run) -> list[Finding]:
    """Return microseconds of a quote by ticks crossed, and how many times each peer takes."""
    try:
        from tradewind.trading.pricing.swap.rust_router import RustRouter, native_pool
    except ImportError as error:
        raise BenchmarkFailed(f"the Rust extension is not built: {error}") from None
    _install_sdk(run)
    try:
        with start_dev_chain(run.subdirectory("quote-peers")) as chain:
            state = asyncio.run(_deep_pool(chain))
            snapshot = state.snapshot(asyncio.run(_block(chain)))
            oracle, rust = PythonRouter().prepare(snapshot), RustRouter().prepare(snapshot)
            swaps = [_swap_crossing(oracle, ticks) for _, ticks in _DEPTHS]
            quoted = asyncio.run(_ask_quoter(chain, snapshot, swaps))
    except DevChainUnavailable as error:
        raise BenchmarkFailed(str(error)) from None
    sdk = _ask_sdk(state, swaps)
    findings = []
    for (label, _), swap, by_sdk, by_quoter in zip(_DEPTHS, swaps, sdk, quoted, strict=True):
        peers = _Peers(
            oracle.quote(swap).amount_out,
            _inside_us(native_pool(snapshot), swap),
            _timed_us(rust, swap),
            _timed_us(oracle, swap),
            by_sdk[1],
            by_quoter[1],
        )
        _agree(label, peers, rust.quote(swap).amount_out, by_sdk[0], by_quoter[0])
        findings += _findings(label, peers)
    return findings


def _findings(label: str, peers: _Peers) -> list[Finding]:
    note = f"Rust {peers.rust:.2f} µs inside, {peers.through_python:.1f} µs through Python"
    rows = (
        ("Python oracle", peers.python, None),
        ("@uniswap/v3-sdk", peers.sdk, _LEAST_SDK),
        ("QuoterV2 by eth_call", peers.quoter, _LEAST_QUOTER),
    )
    return [
        Finding(
            NAME,
            f"{label}, {name} ÷ Rust",
            took / peers.rust,
            "×",
            budget,
            f"{took:.0f} µs; {note}",
        )
        for name, took, budget in rows
    ]


def _agree(label: str, peers: _Peers, *others: int) -> None:
    if set(others) != {peers.amount_out}:
        raise BenchmarkFailed(f"{label}: {peers.amount_out} is not what all say: {others}")


def _inside_us(pool: Any, swap: Swap) -> float:
    from tradewind_router import quote_duration_ns

    return median([quote_duration_ns([pool], swap, _QUOTES) for _ in range(_ROUNDS)]) / 1e3


def _timed_us(pool: PreparedPool, swap: Swap) -> float:
    def once() -> float:
        started_at = time.perf_counter_ns()
        for _ in range(_QUOTES):
            pool.quote(swap)
        return (time.perf_counter_ns() - started_at) / _QUOTES / 1e3

    return median([once() for _ in range(_ROUNDS)])


def _swap_crossing(pool: PreparedPool, ticks_crossed: int) -> Swap:
    """Return the sale of token0 that ends half-way behind so many initialised ticks."""
    below = [tick.index for tick in pool.snapshot.ticks if tick.index <= pool.snapshot.tick][::-1]
    edges = [pool.snapshot.tick, *below][ticks_crossed : ticks_crossed + 2]
    limit_x96 = sum(map(sqrt_ratio_at_tick, edges)) // 2
    to_limit = pool.quote(Swap(True, _ALL_OF_IT, sqrt_price_limit_x96=limit_x96))
    return Swap(True, to_limit.amount_in)


async def _deep_pool(chain: DevChain) -> PoolState:
    """Add positions below the price of a pool until enough ticks are initialised; return it."""
    deployment = chain.deployment
    async with RpcClient([chain.rpc_url]) as client:
        tokens = [token.asset for token in deployment.tokens]
        wanted = [
            pool
            for pool in await discover_pools(client, deployment.contracts, tokens)
            if (pool.token0.symbol, pool.token1.symbol, pool.fee_pips) == _POOL
        ]
        lens = deployment.contracts.tick_lens
        _, (state,) = await load_states(client, lens, wanted)
        node = DevelopmentNode(client)
        spacing = state.pool.tick_spacing
        top = state.tick // spacing * spacing
        for number in range(1, _POSITIONS + 1):
            lower = top - 7 * number * spacing
            key = (*(token.address for token in state.pool[1:3]), state.pool.fee_pips)
            amounts = (_POSITION_UNITS, 10**9 * _POSITION_UNITS, 0, 0)
            data = MINT_POSITION.encode(
                (*key, lower, lower + 3 * spacing, *amounts, LIQUIDITY_PROVIDER, NO_DEADLINE)
            )
            await node.send(LIQUIDITY_PROVIDER, deployment.contracts.position_manager, data)
        _, (state,) = await load_states(client, lens, wanted)
        return state


async def _block(chain: DevChain) -> Any:
    from tradewind.trading.chain.pool_loader import to_block

    async with RpcClient([chain.rpc_url]) as client:
        return to_block(await client.call("eth_getBlockByNumber", "latest", False))


async def _ask_quoter(
    chain: DevChain, snapshot: PoolSnapshot, swaps: Sequence[Swap]
) -> list[tuple[int, float]]:
    pair = (snapshot.token0.address, snapshot.token1.address)
    quoter = chain.deployment.contracts.quoter_v2
    results = []
    async with RpcClient([chain.rpc_url]) as client:
        for swap in swaps:
            read = Read(
                quoter, QUOTE_EXACT_INPUT_SINGLE, ((*pair, swap.amount, snapshot.fee_pips, 0),)
            )
            amount_out, *_ = await client.read(read)
            times = []
            for _ in range(_ROUNDS):
                started_at = time.perf_counter_ns()
                for _ in range(20):
                    await client.read(read)
                times.append((time.perf_counter_ns() - started_at) / 20 / 1e3)
            results.append((int(amount_out), median(times)))
    return results


def _install_sdk(run: Run) -> None:
    if shutil.which("npm") is None:
        raise BenchmarkFailed("npm is not installed")
    if (_DIRECTORY / "node_modules" / "@uniswap" / "v3-sdk").exists():
        return
    run.say("installing @uniswap/v3-sdk, this once")
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    _run_command(command, "", _INSTALL_SECONDS)


def _ask_sdk(state: PoolState, swaps: Sequence[Swap]) -> list[tuple[int, float]]:
    pool = state.pool
    work = {
        "pool": {
            "token0": pool.token0.model_dump(mode="json"),
            "token1": pool.token1.model_dump(mode="json"),
            "feePips": pool.fee_pips,
            "tickSpacing": pool.tick_spacing,
            "sqrtPriceX96": str(state.sqrt_price_x96),
            "liquidity": str(state.liquidity),
            "tick": state.tick,
            "ticks": [
                {
                    "index": index,
                    "liquidityGross": str(state.ticks[index].gross),
                    "liquidityNet": str(state.ticks[index].net),
                }
                for index in sorted(state.ticks)
            ],
        },
        "swaps": [
            {"zeroForOne": swap.zero_for_one, "amountIn": str(swap.amount)} for swap in swaps
        ],
        "rounds": _ROUNDS,
        "quotes": _QUOTES,
    }
    answer = _run_command(["node", "quote.js"], json.dumps(work), _NODE_SECONDS)
    return [(int(one["amountOut"]), float(one["microseconds"])) for one in json.loads(answer)]


def _run_command(command: Sequence[str], text: str, timeout_seconds: float) -> str:
    try:
        completed = subprocess.run(
            command,
            cwd=_DIRECTORY,
            input=text,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchmarkFailed(f"{command[0]}: {error}") from None
    if completed.returncode != 0:
        last = completed.stderr.strip().splitlines()[-1:] or ["no message"]
        raise BenchmarkFailed(f"{' '.join(command[:2])}: {last[0]}")
    return completed.stdout
