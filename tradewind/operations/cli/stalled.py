"""`tradewind stalled`: the histories that stand still, and who should be acting."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import click
from rich.table import Table

from tradewind.ledger.upkeep.stalled import MAX_LISTED, StalledHistories, StalledHistory, holder_of
from tradewind.ledger.upkeep.stalled_settings import StalledSettings
from tradewind.operations.cli.tables import make_table, print_table
from tradewind.postgres import open_pool
from tradewind.settings import PostgresSettings, load

type Standing = tuple[StalledHistory, str | None]


@click.command()
@click.option("--after", type=click.FloatRange(0), help="Seconds without an event.")
@click.option("--limit", type=click.IntRange(1, MAX_LISTED), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document per line.")
def stalled(after: float | None, limit: int, as_json: bool) -> None:
    """List open histories in which nothing has been recorded for a while, longest first."""
    settings = load(StalledSettings)
    found = asyncio.run(_find(after or settings.stalled_after_seconds, limit))
    if as_json:
        for one in found:
            click.echo(json.dumps(_document(settings, *one)))
        return
    if not found:
        click.echo("nothing stands still")
        return
    print_table(_table(settings, found))


async def _find(after: float, limit: int) -> list[Standing]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        histories = StalledHistories(pool)
        found = []
        for one in await histories.all(after, limit):
            baton = await histories.baton(one.correlation_id)
            found.append((one, holder_of(baton.event.topic) if baton else None))
        return found
    finally:
        await pool.close()


def _document(settings: StalledSettings, one: StalledHistory, holder: str | None) -> dict[str, Any]:
    return {
        "correlation_id": one.correlation_id,
        "last_topic": one.last_topic,
        "last_sequence": one.last_sequence,
        "since": one.since.isoformat(),
        "waits_for": holder,
        "sent_again": one.attempts,
        "given_up": one.attempts >= settings.stalled_max_attempts,
    }


def _table(settings: StalledSettings, found: list[Standing]) -> Table:
    table = make_table("correlation", "last event", "standing", "waits for", "sent again")
    for one, holder in found:
        gave_up = " (given up)" if one.attempts >= settings.stalled_max_attempts else ""
        table.add_row(
            one.correlation_id,
            one.last_topic,
            str(timedelta(seconds=int(one.standing.total_seconds()))),
            holder or "nobody",
            f"{one.attempts}{gave_up}",
        )
    return table
