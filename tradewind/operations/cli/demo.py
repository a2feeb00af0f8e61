"""`tradewind demo`: a mix of intents against the running platform, with a live timeline."""

import asyncio
import sys
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import click

from tradewind.contracts.venues import SIMULATED
from tradewind.operations.cli.status import NoPlatform
from tradewind.operations.demo import timeline
from tradewind.operations.demo.platform_client import Place, open_platform
from tradewind.operations.demo.scenarios import Scenario, mix, scenarios_for
from tradewind.operations.demo.session import Session
from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID
from tradewind.operations.processes import runtime_file
from tradewind.operations.processes.runtime_file import Platform
from tradewind.settings import ChainNameSettings, TokenSettings, load
from tradewind.trading.tokens import load_tokens

PATIENCE_SECONDS: Final = 30.0
ROUNDS: Final = 2


class Wanted(NamedTuple):
    """What the command line asks for; None leaves it to the platform."""

    intents: int | None
    per_second: float
    swaps: bool | None

    def scenarios(self, place: Place) -> tuple[Scenario, ...]:
        """Return what is sent to a platform that executes there."""
        swaps = place.is_development if self.swaps is None else self.swaps
        known = scenarios_for(place.venue, swaps=swaps)
        return tuple(mix(known, self.intents or ROUNDS * len(known)))


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
    """Send a mix of intents and show their events; exit 1 if one does not end as expected."""
    place = None
    if url is None:
        platform = _running_platform()
        url, chain = platform["gateway"]["url"], platform["chain"]
        place = Place(chain["venue"], chain.get("chain_id") == CHAIN_ID)
    wanted = Wanted(count, rate, swaps)
    session = asyncio.run(_run(wanted, place, url, load(ChainNameSettings).chain))
    sys.exit(any(journey.fault is not None for journey in session.journeys))


def _running_platform() -> Platform:
    directory = runtime_file.find_data_directory()
    platform = runtime_file.read_platform(directory)
    if platform is None:
        raise NoPlatform(directory)
    return platform


async def _run(wanted: Wanted, place: Place | None, url: str, chain: str) -> Session:
    """Run the scenarios; a platform of which nobody says where it executes is asked itself."""
    tokens = load_tokens(load(TokenSettings).tokens_file)
    console = timeline.make_console()
    async with open_platform(url) as client:
        scenarios = wanted.scenarios(place or await client.place())
        per_second = wanted.per_second
        on_chain = sum(scenario.venue != SIMULATED for scenario in scenarios)
        where = f"{on_chain} of them swaps on the chain" if on_chain else "all on paper"
        intents = "1 intent" if len(scenarios) == 1 else f"{len(scenarios)} intents"
        console.print(f"{intents} at {per_second:g}/s to {url}, {where}")
        session = Session(client, tokens, chain, console)
        await session.run(scenarios, per_second, PATIENCE_SECONDS)
    timeline.show_summary(session.journeys, console)
    return session
