"""`tradewind stalled`: lists histories without progress, and the role that should act."""

import asyncio
from datetime import timedelta

import click

from tradewind.ledger.upkeep.documents import StalledDocument
from tradewind.ledger.upkeep.stalled import MAX_LISTED, StalledHistories, StalledHistory
from tradewind.ledger.upkeep.stalled_settings import StalledSettings
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list
from tradewind.postgres import open_pool
from tradewind.settings import PostgresSettings, load

type Standing = tuple[StalledHistory, str | None]


@click.command()
@click.option("--after", type=click.FloatRange(0), help="Seconds without an event.")
@limit_option(MAX_LISTED)
@JSON_LINES_OPTION
def stalled(after: float | None, limit: int, as_json: bool) -> None:
    """List open histories without recent events; the longest stalled comes first."""
    settings = load(StalledSettings)
    after = settings.stalled_after_seconds if after is None else after
    print_list(
        asyncio.run(_find(after, limit)),
        as_json,
        document=lambda standing: _document(settings, *standing).model_dump(),
        headings=("correlation", "last event", "standing", "waits for", "sent again"),
        row=lambda standing: _row(settings, *standing),
        nothing="nothing stands still",
    )


async def _find(after: float, limit: int) -> list[Standing]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        histories = StalledHistories(pool)
        found = await histories.all(after, limit)
        holders = await histories.holders([one.correlation_id for one in found])
        return [(one, holders.get(one.correlation_id)) for one in found]
    finally:
        await pool.close()


def _document(
    settings: StalledSettings, one: StalledHistory, holder: str | None
) -> StalledDocument:
    return StalledDocument.of(one, holder, settings.stalled_max_attempts)


def _row(settings: StalledSettings, one: StalledHistory, holder: str | None) -> tuple[str, ...]:
    gave_up = " (given up)" if one.attempts >= settings.stalled_max_attempts else ""
    return (
        one.correlation_id,
        one.last_topic,
        str(timedelta(seconds=int(one.standing.total_seconds()))),
        holder or "nobody",
        f"{one.attempts}{gave_up}",
    )
