"""`tradewind data fetch`: makes datasets of what a provider or a chain's node still knows."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from tradewind.contracts.instruments.assets import Asset
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.extra import require_polars
from tradewind.datasets.model import Dataset, DatasetKind, Provenance
from tradewind.datasets.settings import DatasetSettings
from tradewind.operations.cli.data_pairs import INTERVAL, PAIR, tokens_of
from tradewind.operations.cli.data_views import progress
from tradewind.operations.cli.times import TIME, show_time
from tradewind.operations.cli.trading_states import user
from tradewind.operations.cli.verbs import Verbs
from tradewind.runtime import clock
from tradewind.settings import load
from tradewind.trading.marketdata.intervals import to_milliseconds
from tradewind.trading.marketdata.settings import ProviderSettings

if TYPE_CHECKING:
    from tradewind.datasets.fetch.chain import FetchedEvents
    from tradewind.datasets.fetch.hyperliquid import Fetched

WAIT_SECONDS: Final = 120.0
"""How long a request may wait until the provider's weight allows it."""
FINAL_BLOCKS: Final = 64
MAX_CREATOR: Final = 64


@click.group(cls=Verbs)
def fetch() -> None:
    """Make a dataset of what a provider or a chain's node still knows."""


@fetch.command("hyperliquid")
@click.argument("coin")
@click.argument("interval", type=INTERVAL)
@click.option("--as", "instrument", type=PAIR, required=True, help="What they are kept as.")
@click.option("--from", "since", type=TIME, help="Candles that open at or after this time.")
def fetch_hyperliquid(coin: str, interval: str, instrument: str, since: datetime | None) -> None:
    """Keep the closed candles of COIN; the provider has the newest 5,000 of each interval."""
    require_polars()
    from tradewind.datasets.candles import whole
    from tradewind.datasets.making import Maker
    from tradewind.datasets.written import write_candles
    from tradewind.operations.cli.data import keep

    now = clock.now()
    fetched = asyncio.run(_candles(coin, interval, since, now))
    made = whole([fetched.frame], interval, to_milliseconds(now))
    made = made._replace(notes=[*fetched.notes, *made.notes])
    source = Provenance(source="hyperliquid", detail=f"{coin} {interval}")
    maker = Maker(load(DatasetSettings).datasets, clock.now, user()[:MAX_CREATOR])
    keep(maker.make(lambda path: write_candles(made, instrument, source, path)))


async def _candles(coin: str, interval: str, since: datetime | None, now: datetime) -> "Fetched":
    import aiohttp

    from tradewind.datasets.fetch.hyperliquid import CandleFetcher
    from tradewind.trading.marketdata.info_requests import InfoRequests
    from tradewind.trading.marketdata.weight import MemoryWeight, WeightBudget

    settings = load(ProviderSettings)
    budget = WeightBudget(MemoryWeight(), settings.hyperliquid_weight_limit)
    timeout = settings.hyperliquid_timeout_seconds
    with progress() as shown:
        task = shown.add_task(f"candles of {coin}", total=None)
        async with aiohttp.ClientSession() as session:
            requests = InfoRequests(settings.hyperliquid_url, session, timeout)
            fetcher = CandleFetcher(requests.ask, budget, WAIT_SECONDS)
            return await fetcher.fetch(
                coin, interval, since, now, lambda rows: shown.update(task, completed=rows)
            )


@fetch.command("chain")
@click.option("--as", "instrument", type=PAIR, required=True, help="The pair: WETH/USDC.")
@click.option("--from", "since", type=TIME, required=True, help="From the first block after it.")
@click.option("--to", "until", type=TIME, help="Before this time; without, all that is final.")
@click.option(
    "--final-blocks",
    type=click.IntRange(0, 10_000),
    default=FINAL_BLOCKS,
    show_default=True,
    help="Blocks before the newest one that a reorg may still change, which are left out.",
)
def fetch_chain(
    instrument: str, since: datetime, until: datetime | None, final_blocks: int
) -> None:
    """Keep every event of the pair's Uniswap V3 pools, from the node of ETH_RPC_URL.

    What the pools were before is read first, which needs an archive node when it is long ago.
    """
    require_polars()
    from tradewind.operations.cli.data import keep

    keep(asyncio.run(_chain(instrument, since, until, final_blocks)))


async def _chain(
    instrument: str, since: datetime, until: datetime | None, final_blocks: int
) -> Dataset:
    from tradewind.datasets.fetch.chain import Blocks, EventFetcher, block_at
    from tradewind.trading.chain.hexadecimal import parse_quantity
    from tradewind.trading.chain.pool_loader import discover_pools
    from tradewind.trading.chain.rpc_client import RpcClient
    from tradewind.trading.chain.settings import ChainSettings

    chain = load(ChainSettings)
    tokens = [
        Asset.model_validate(token.model_dump(include=set(Asset.model_fields)))
        for token in tokens_of(instrument)
    ]
    async with RpcClient(
        chain.rpc_urls(), timeout_seconds=chain.rpc_timeout_seconds, chain_id=chain.chain_id
    ) as client:
        await client.check_chain(chain.chain_id)
        newest = parse_quantity(await client.call("eth_blockNumber")) - final_blocks
        first = await block_at(client, int(since.timestamp()), newest)
        last = newest
        if until is not None:
            last = await block_at(client, int(until.timestamp()), newest) - 1
        if last < first:
            raise DatasetRefused("there is no final block in that time")
        pools = await discover_pools(client, chain.contracts(), tokens)
        fetcher = EventFetcher(client, chain.uniswap_v3_tick_lens, pools)
        with progress() as shown:
            task = shown.add_task("blocks", total=last - first + 1)
            fetched = await fetcher.fetch(
                Blocks(first, last),
                lambda block, events: shown.update(
                    task, completed=block - first + 1, description=f"{events:,} events in blocks"
                ),
            )
    detail = f"blocks {first} to {last}, {show_time(since)}"
    return _kept(fetched, instrument, detail)


def _kept(fetched: "FetchedEvents", instrument: str, detail: str) -> Dataset:
    """Replay the events, which finds what a node has left out, and keep them."""
    from tradewind.datasets.formats.pool_rows import to_frame
    from tradewind.datasets.frames import Header
    from tradewind.datasets.importing import check_pools, ordered
    from tradewind.datasets.making import Maker
    from tradewind.datasets.written import write_rows

    notes = list(fetched.notes)
    rows = ordered(fetched.events, notes)
    check_pools(fetched.pools, rows)
    header = Header(kind=DatasetKind.POOL_EVENTS, instrument=instrument, pools=fetched.pools)
    source = Provenance(source="chain", detail=detail)
    maker = Maker(load(DatasetSettings).datasets, clock.now, user()[:MAX_CREATOR])
    return maker.make(lambda path: write_rows(to_frame(rows), header, notes, source, path))
