"""`tradewind rebuild --timeline`: writes the timeline anew from the ledger, or compares it."""

import json
import time
from typing import Final

import click
import uvloop

from tradewind.errors import TradewindError
from tradewind.postgres import open_pool
from tradewind.settings import PostgresSettings, load
from tradewind.timeline.rebuild import STATEMENT_SECONDS, Differences, rebuild, verify

DECIMALS: Final = 3


class TimelineDiffers(TradewindError):
    """The timeline is not what the ledger says: run `tradewind rebuild --timeline`."""

    code = "TIMELINE_DIFFERS"


def rebuild_timeline(*, verify: bool, as_json: bool) -> None:
    """Write the timeline anew, or only compare it; TimelineDiffers where something differs."""
    started_at = time.monotonic()
    found = uvloop.run(_run(only_compare=verify))
    seconds = time.monotonic() - started_at
    if as_json:
        wrong = found._asdict() | {"seconds": round(seconds, DECIMALS)}
        click.echo(json.dumps(wrong))
    else:
        done = "compared" if verify else "written"
        click.echo(f"the timeline of {found.events:,} events {done} in {seconds:.1f} s")
    if found.wrong:
        counts = found._asdict().items()
        told = ", ".join(f"{count:,} {name}" for name, count in counts if name != "events")
        raise TimelineDiffers(f"not as the ledger says: {told}")


async def _run(*, only_compare: bool) -> Differences:
    dsn = load(PostgresSettings).postgres_dsn.get_secret_value()
    pool = await open_pool(
        dsn, max_size=1, writes=not only_compare, transaction_seconds=STATEMENT_SECONDS
    )
    try:
        return await verify(pool) if only_compare else Differences(await rebuild(pool))
    finally:
        await pool.close()
