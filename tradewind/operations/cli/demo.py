"""`tradewind demo`: a mix of intents against the running platform, with a live timeline."""

import asyncio
import sys
from typing import Final
from urllib.parse import urlsplit

import click

from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.venues import SIMULATED, default_venue
from tradewind.operations.cli.status import NoPlatform
from tradewind.operations.demo import timeline
from tradewind.operations.demo.platform_client import open_platform
from tradewind.operations.demo.scenarios import Scenario, mix, scenarios_for
from tradewind.operations.demo.session import Session
from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID
from tradewind.operations.processes import runtime_file
from tradewind.operations.processes.runtime_file import Platform
from tradewind.settings import ChainChoiceSettings, ChainNameSettings, TokenSettings, load
from tradewind.trading.tokens import load_tokens

PATIENCE_SECONDS: Final = 30.0
ROUNDS: Final = 2


def _check_url(_: click.Context, __: click.Parameter, url: str | None) -> str | None:
    parts = None if url is None else urlsplit(url)
    if parts is None or (parts.scheme in ("http", "https") and parts.hostname):
        return url
    raise click.BadParameter(f"{url!r} is not an address such as http://127.0.0.1:8080")


@click.command()
@click.option(
    "--count",
    type=click.IntRange(1, 10_000),
    help="Intents to send; the scenarios take turns.  [default: each twice]",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 200),
    default=4,
    show_default=True,
    help="Intents per second.",
)
@click.option(
    "--url",
    metavar="URL",
    callback=_check_url,
    help="Address of the gateway; by default that of the running platform.",
)
@click.option(
    "--swaps/--paper",
    default=None,
    help="Swap on the chain too, or only on paper.  [default: swap on the own development chain]",
)
def demo(count: int | None, rate: float, url: str | None, swaps: bool | None) -> None:
    """Send a mix of intents and show what happens; exit 1 if one does not end as it should."""
    if url is None:
        platform = _running_platform()
        url = platform["gateway"]["url"]
        venue: VenueName = platform["chain"]["venue"]
        is_development = platform["chain"].get("chain_id") == CHAIN_ID
    else:
        venue = default_venue(has_chain=not load(ChainChoiceSettings).mock_chain)
        is_development = False
    scenarios = scenarios_for(venue, swaps=is_development if swaps is None else swaps)
    wanted = tuple(mix(scenarios, count or ROUNDS * len(scenarios)))
    session = asyncio.run(_run(wanted, rate, url, load(ChainNameSettings).chain))
    sys.exit(any(journey.fault is not None for journey in session.journeys))


def _running_platform() -> Platform:
    directory = runtime_file.find_data_directory()
    platform = runtime_file.read_platform(directory)
    if platform is None:
        raise NoPlatform(directory)
    return platform


async def _run(scenarios: tuple[Scenario, ...], per_second: float, url: str, chain: str) -> Session:
    tokens = load_tokens(load(TokenSettings).tokens_file)
    console = timeline.make_console()
    async with open_platform(url) as client:
        on_chain = sum(scenario.venue != SIMULATED for scenario in scenarios)
        where = f"{on_chain} of them swaps on the chain" if on_chain else "all on paper"
        intents = "1 intent" if len(scenarios) == 1 else f"{len(scenarios)} intents"
        console.print(f"{intents} at {per_second:g}/s to {url}, {where}")
        session = Session(client, tokens, chain, console)
        await session.run(scenarios, per_second, PATIENCE_SECONDS)
    timeline.show_summary(session.journeys, console)
    return session
