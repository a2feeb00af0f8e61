"""`tradewind parked`: lists events that wait for their predecessor, and the missing sequence."""

import asyncio
from datetime import timedelta

import click

from tradewind.ledger.upkeep.documents import ParkedDocument
from tradewind.ledger.upkeep.set_aside import MAX_LISTED, ParkedEvent, SetAside
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list
from tradewind.postgres import open_pool
from tradewind.settings import PostgresSettings, load


@click.command()
@limit_option(MAX_LISTED)
@JSON_LINES_OPTION
def parked(limit: int, as_json: bool) -> None:
    """List parked events; the one that has waited longest comes first."""
    print_list(
        asyncio.run(_find(limit)),
        as_json,
        document=lambda one: ParkedDocument.of(one).model_dump(),
        headings=("correlation", "parked", "waits for", "waiting", "subject"),
        row=_row,
        nothing="nothing is parked",
    )


async def _find(limit: int) -> list[ParkedEvent]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        return await SetAside(pool).parked(limit)
    finally:
        await pool.close()


def _row(one: ParkedEvent) -> tuple[str, ...]:
    waiting = timedelta(seconds=int(one.waiting.total_seconds()))
    sequences = str(one.sequence), str(one.missing_sequence)
    return one.correlation_id, *sequences, str(waiting), one.subject
