"""`tradewind demo`: a mix of intents against the running platform, with a live timeline."""

import asyncio
import sys

import click

from tradewind.demo import timeline
from tradewind.demo.platform_client import PlatformUnreachable, open_platform
from tradewind.demo.scenarios import SCENARIOS
from tradewind.demo.session import Session
from tradewind.embedded import runtime_file
from tradewind.settings import PlatformSettings, load
from tradewind.tokens import load_tokens

PATIENCE_SECONDS = 30.0


@click.command()
@click.option(
    "--count",
    type=click.IntRange(1, 10_000),
    default=2 * len(SCENARIOS),
    show_default=True,
    help="Intents to send; the scenarios take turns.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 200),
    default=4,
    show_default=True,
    help="Intents per second.",
)
@click.option("--url", help="Address of the gateway; by default that of the running platform.")
def demo(count: int, rate: float, url: str | None) -> None:
    """Send a mix of intents and show what happens; exit 1 if one does not end as it should."""
    session = asyncio.run(_run(count, rate, url or _running_gateway()))
    sys.exit(any(journey.fault is not None for journey in session.journeys))


def _running_gateway() -> str:
    platform = runtime_file.read_platform(runtime_file.find_data_directory())
    if platform is None:
        raise PlatformUnreachable("no platform runs here: start one with `make up`")
    return platform["gateway"]["url"]


async def _run(count: int, per_second: float, url: str) -> Session:
    settings = load(PlatformSettings)
    tokens = load_tokens(settings.tokens_file)
    console = timeline.make_console()
    async with open_platform(url) as client:
        console.print(f"{count} intents at {per_second:g}/s to {url}")
        session = Session(client, tokens, settings.chain, console)
        await session.run(count, per_second, PATIENCE_SECONDS)
    timeline.show_summary(session.journeys, console)
    return session
