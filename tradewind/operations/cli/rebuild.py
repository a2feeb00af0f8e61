"""`tradewind rebuild`: compares read models with the ledger, byte for byte, and repairs them."""

import json
import os
import time
from typing import Any, Final

import click
import uvloop

from tradewind.errors import TradewindError
from tradewind.operations.cli.rebuild_helper import (
    Addresses,
    RebuildHelper,
    add_usage,
    fork_helper,
    helping,
    open_both,
)
from tradewind.operations.cli.rebuild_timeline import rebuild_timeline
from tradewind.readmodels.rebuild.comparison import Comparison
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.settings import PostgresSettings, RedisSettings, load

MAX_LISTED: Final = 20
MIN_EVENTS_TO_SHARE: Final = 20_000
"""Below this a second process takes longer to start than it saves."""


class ReadModelsDiffer(TradewindError):
    """Redis does not show what the ledger says: run `tradewind rebuild`."""

    code = "READ_MODELS_DIFFER"


@click.command()
@click.option("--verify", is_flag=True, help="Only compare, and fail when something differs.")
@click.option("--json", "as_json", is_flag=True, help="Say what was found as one JSON object.")
@click.option("--timeline", is_flag=True, help="Do it to the timeline of the time machine instead.")
def rebuild(verify: bool, as_json: bool, timeline: bool) -> None:
    """Fold the whole ledger and repair every read model whose bytes differ.

    The platform may keep running: it answers from the ledger until the rebuild is done.
    """
    if timeline:
        rebuild_timeline(verify=verify, as_json=as_json)
        return
    started_at = time.monotonic()
    found = _compare(verify)
    seconds = time.monotonic() - started_at
    if as_json:
        click.echo(json.dumps(_summary(found, seconds)))
    else:
        _tell(found, seconds)
        if not verify and not found.is_identical:
            click.echo(
                f"{found.different.count:,} written again, {found.unknown.count:,} removed, "
                f"{found.misplaced.count:,} listed anew"
            )
    if verify and not found.is_identical:
        raise ReadModelsDiffer(f"{found.wrong:,} are not as the ledger says")


def _tell(found: Comparison, seconds: float) -> None:
    rate, peak = found.events / seconds, found.peak_memory_mebibytes
    click.echo(
        f"{found.documents:,} documents of {found.events:,} events compared in {seconds:.1f} s "
        f"({rate:,.0f} events/s, peak memory {peak:,.0f} MiB)"
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


def _summary(found: Comparison, seconds: float) -> dict[str, Any]:
    return {
        "events": found.events,
        "documents": found.documents,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(found.cpu_seconds, 3),
        "peak_memory_mebibytes": round(found.peak_memory_mebibytes, 1),
        "different": found.different.count,
        "unknown": found.unknown.count,
        "misplaced": found.misplaced.count,
    }


def _compare(verify: bool) -> Comparison:
    addresses = Addresses(
        load(PostgresSettings).postgres_dsn.get_secret_value(),
        load(RedisSettings).redis_url.get_secret_value(),
    )
    if (os.cpu_count() or 1) == 1:
        return uvloop.run(_run(addresses, verify, None))
    helper = fork_helper(addresses)
    try:
        return uvloop.run(_run(addresses, verify, helper))
    finally:
        helper.stop()


async def _run(addresses: Addresses, verify: bool, helper: RebuildHelper | None) -> Comparison:
    async with open_both(addresses) as (ledger, redis):
        events = (await ledger.position()).last_global_seq
        is_shared = helper is not None and events >= MIN_EVENTS_TO_SHARE
        work = Rebuild(ledger, redis, helping(addresses, helper) if is_shared else None)
        found = await (work.verify() if verify else work.repair())
        add_usage(found)
        return found
