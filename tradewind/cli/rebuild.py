"""`tradewind rebuild`: read models as the ledger says, byte for byte."""

import asyncio
import time
from typing import Final

import click

from tradewind.database import open_pool
from tradewind.errors import TradewindError
from tradewind.ledger.reader import LedgerReader
from tradewind.readmodels.connection import open_redis
from tradewind.readmodels.rebuild import Comparison, Rebuild
from tradewind.settings import Settings, load

MAX_LISTED: Final = 20


class ReadModelsDiffer(TradewindError):
    """Redis does not show what the ledger says: run `tradewind rebuild`."""

    code = "READ_MODELS_DIFFER"


@click.command()
@click.option("--verify", is_flag=True, help="Only compare, and fail when something differs.")
def rebuild(verify: bool) -> None:
    """Fold the whole ledger and write again every read model whose bytes differ.

    The platform may run meanwhile: what is being written again is answered from the ledger.
    """
    started_at = time.monotonic()
    found = asyncio.run(_run(verify))
    seconds = time.monotonic() - started_at
    click.echo(
        f"{found.documents:,} documents of {found.events:,} events compared in {seconds:.1f} s "
        f"({found.events / seconds:,.0f} events/s)"
    )
    for key in [*found.different, *found.unknown][:MAX_LISTED]:
        click.echo(f"  {key}: {'unknown to the ledger' if key in found.unknown else 'differs'}")
    if found.is_identical:
        click.echo("every byte is as the ledger says")
    elif verify:
        count = len(found.different) + len(found.unknown)
        raise ReadModelsDiffer(f"{count} documents differ: run `tradewind rebuild`")
    else:
        click.echo(f"{len(found.different)} written again, {len(found.unknown)} removed")


async def _run(verify: bool) -> Comparison:
    settings = load(Settings)
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=1)
    redis = open_redis(settings.redis_url.get_secret_value())
    try:
        work = Rebuild(LedgerReader(pool), redis)
        return await (work.verify() if verify else work.repair())
    finally:
        await redis.aclose()
        await pool.close()
