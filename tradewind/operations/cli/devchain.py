"""`tradewind devchain`: runs a local chain with the real Uniswap V3 contracts."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from tradewind.operations.cli.status import DATA_DIRECTORY_OPTION
from tradewind.operations.cli.times import show_time
from tradewind.operations.cli.verbs import Verbs
from tradewind.operations.embedded.devchain import packages
from tradewind.operations.embedded.devchain.chain_state import ChainState, read_chain_state
from tradewind.operations.embedded.devchain.deployment import Deployment, read_deployment
from tradewind.operations.embedded.devchain.dev_chain import DIRECTORY, DevChain, start_dev_chain
from tradewind.operations.embedded.devchain.errors import DevChainNotRunning
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.operations.processes import runtime_file
from tradewind.operations.processes.signals import stop_requests
from tradewind.operations.processes.supervisor import Supervisor
from tradewind.trading.chain.errors import RpcUnavailable
from tradewind.trading.chain.rpc_client import RpcClient

MAX_BLOCKS = 10_000
MAX_REORG_BLOCKS = 64
MAX_BLOCK_TIME_SECONDS = 3_600


@click.group(cls=Verbs)
def devchain() -> None:
    """Run a local chain with Uniswap V3 and liquid pools, look at it, mine and reorganise it."""


@devchain.command()
@DATA_DIRECTORY_OPTION
@click.option("--port", type=click.IntRange(1, 65_535), help="Port of the node; a free one if not.")
@click.option(
    "--block-time",
    "block_time_seconds",
    type=click.IntRange(1, MAX_BLOCK_TIME_SECONDS),
    help="Mine a block every so many seconds too, not only for each transaction.",
)
def up(data_dir: Path | None, port: int | None, block_time_seconds: int | None) -> None:
    """Run the dev chain until Ctrl-C; its blocks are kept for the next start."""
    if not packages.is_installed():
        _say("installing the chain's npm packages, this once")
        packages.install()
    directory = data_dir or runtime_file.find_data_directory()
    with (
        stop_requests() as requests,
        start_dev_chain(directory, port=port, block_time_seconds=block_time_seconds) as chain,
    ):
        click.echo(_banner(chain))
        Supervisor([chain.process], say=_say).run(requests)


@devchain.command()
@DATA_DIRECTORY_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def state(data_dir: Path | None, as_json: bool) -> None:
    """Show the newest block, addresses, balances and prices of the running dev chain."""
    found = _ask(data_dir, read_chain_state)
    click.echo(found.model_dump_json(indent=2) if as_json else "\n".join(_lines(found)))


@devchain.command()
@click.argument("blocks", type=click.IntRange(1, MAX_BLOCKS), default=1)
@DATA_DIRECTORY_OPTION
def mine(blocks: int, data_dir: Path | None) -> None:
    """Mine BLOCKS blocks (1 if not given) and print the number of the newest."""

    async def act(client: RpcClient, deployment: Deployment) -> int:
        return await DevelopmentNode(client).mine(blocks)

    click.echo(_ask(data_dir, act))


@devchain.command()
@click.argument("depth", type=click.IntRange(1, MAX_REORG_BLOCKS))
@DATA_DIRECTORY_OPTION
def reorg(depth: int, data_dir: Path | None) -> None:
    """Replace the newest DEPTH blocks by empty ones, without their transactions."""

    async def act(client: RpcClient, deployment: Deployment) -> int:
        node = DevelopmentNode(client)
        await node.reorganise(depth)
        return await node.block_number()

    click.echo(_ask(data_dir, act))


def _ask[T](data_dir: Path | None, question: Callable[[RpcClient, Deployment], Awaitable[T]]) -> T:
    directory = (data_dir or runtime_file.find_data_directory()) / DIRECTORY
    deployment = read_deployment(directory)
    if deployment is None:
        raise _not_running(directory)
    try:
        return asyncio.run(_with_client(deployment, question))
    except RpcUnavailable:
        raise _not_running(directory) from None


async def _with_client[T](
    deployment: Deployment, question: Callable[[RpcClient, Deployment], Awaitable[T]]
) -> T:
    async with RpcClient([deployment.rpc_url], chain_id=deployment.chain_id) as client:
        return await question(client, deployment)


def _not_running(directory: Path) -> DevChainNotRunning:
    return DevChainNotRunning(
        f"no dev chain runs on {directory}: start one with `tradewind devchain up`"
    )


def _banner(chain: DevChain) -> str:
    deployment = chain.deployment
    return "\n".join(
        (
            f"dev chain {deployment.chain_id} ready at {chain.rpc_url}, Ctrl-C stops it",
            f"  account     {deployment.account}",
            f"  deployment  {chain.deployment_path}",
            f"  tokens      {chain.tokens_path}",
            f"  log         {chain.process.log_path}",
        )
    )


def _lines(found: ChainState) -> list[str]:
    lines = [
        f"block {found.block_number} of chain {found.chain_id}, {show_time(found.block_time)}",
        f"  hash {found.block_hash}",
        f"  node {found.rpc_url}, gas price {found.gas_price_wei / 1e9:.3f} gwei",
        f"account {found.account}, {found.nonce} transactions",
    ]
    lines += [
        f"  {balance.symbol:<6}{balance.balance:>22,.6f}  {balance.address or ''}"
        for balance in found.balances
    ]
    lines += ["contracts"]
    lines += [f"  {name:<18}{address}" for name, address in found.contracts]
    lines += ["pools"]
    lines += [
        f"  {pool.token0 + '/' + pool.token1:<11}{pool.fee_pips / 10_000:>5} %  {pool.address}"
        f"  tick {pool.tick:>8}  price {pool.price:f}"
        for pool in found.pools
    ]
    return lines


def _say(message: str) -> None:
    click.echo(f"tradewind: {message}", err=True)
