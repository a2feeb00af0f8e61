"""`tradewind parked`: the events that wait for their predecessor, and which one is missing."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import click
from rich.table import Table

from tradewind.ledger.upkeep.set_aside import MAX_LISTED, ParkedEvent, SetAside
from tradewind.operations.cli.tables import make_table, print_table
from tradewind.postgres import open_pool
from tradewind.settings import PostgresSettings, load


@click.command()
@click.option("--limit", type=click.IntRange(1, MAX_LISTED), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document per line.")
def parked(limit: int, as_json: bool) -> None:
    """List parked events, those that wait longest first."""
    found = asyncio.run(_find(limit))
    if as_json:
        for one in found:
            click.echo(json.dumps(_document(one)))
        return
    if not found:
        click.echo("nothing is parked")
        return
    print_table(_table(found))


async def _find(limit: int) -> list[ParkedEvent]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        return await SetAside(pool).parked(limit)
    finally:
        await pool.close()


def _document(one: ParkedEvent) -> dict[str, Any]:
    return {
        "correlation_id": one.correlation_id,
        "sequence": one.sequence,
        "event_id": one.event_id,
        "subject": one.subject,
        "missing_sequence": one.missing_sequence,
        "parked_at": one.parked_at.isoformat(),
        "waiting_seconds": round(one.waiting.total_seconds(), 3),
        "stream_sequence": one.stream_sequence,
    }


def _table(found: list[ParkedEvent]) -> Table:
    table = make_table("correlation", "parked", "waits for", "waiting", "subject")
    for one in found:
        table.add_row(
            one.correlation_id,
            str(one.sequence),
            str(one.missing_sequence),
            str(timedelta(seconds=int(one.waiting.total_seconds()))),
            one.subject,
        )
    return table
