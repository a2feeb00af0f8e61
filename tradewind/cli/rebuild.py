"""`tradewind rebuild`: read models as the ledger says, byte for byte."""

import gc
import resource
import time
from typing import Final

import click
import uvloop

from tradewind.database import open_pool
from tradewind.errors import TradewindError
from tradewind.ledger.reader import LedgerReader
from tradewind.readmodels.comparison import Comparison
from tradewind.readmodels.connection import open_redis
from tradewind.readmodels.rebuild import Rebuild
from tradewind.settings import Settings, load

MAX_LISTED: Final = 20
YOUNG_OBJECTS: Final = 20_000


class ReadModelsDiffer(TradewindError):
    """Redis does not show what the ledger says: run `tradewind rebuild`."""

    code = "READ_MODELS_DIFFER"


@click.command()
@click.option("--verify", is_flag=True, help="Only compare, and fail when something differs.")
def rebuild(verify: bool) -> None:
    """Fold the whole ledger and put right every read model whose bytes differ.

    The platform may run meanwhile: it answers from the ledger until the rebuild is done.
    """
    started_at = time.monotonic()
    found = uvloop.run(_run(verify))
    seconds = time.monotonic() - started_at
    click.echo(
        f"{found.documents:,} documents of {found.events:,} events compared in {seconds:.1f} s "
        f"({found.events / seconds:,.0f} events/s, peak memory {_peak_mib():,.0f} MiB)"
    )
    for what, tally in (
        ("differs", found.different),
        ("is unknown to the ledger", found.unknown),
        ("is not listed as it should be", found.misplaced),
    ):
        for key in tally.keys[:MAX_LISTED]:
            click.echo(f"  {key} {what}")
    if found.is_identical:
        click.echo("every byte is as the ledger says")
    elif verify:
        raise ReadModelsDiffer(f"{found.wrong} differ: run `tradewind rebuild`")
    else:
        click.echo(
            f"{found.different.count:,} written again, {found.unknown.count:,} removed, "
            f"{found.misplaced.count:,} listed anew"
        )


async def _run(verify: bool) -> Comparison:
    settings = load(Settings)
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=2)
    redis = open_redis(settings.redis_url.get_secret_value())
    spare_collector()
    try:
        work = Rebuild(LedgerReader(pool), redis)
        return await (work.verify() if verify else work.repair())
    finally:
        await redis.aclose()
        await pool.close()


def spare_collector() -> None:
    """Events and documents hold no cycles: looking for them would take a quarter of the time."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
