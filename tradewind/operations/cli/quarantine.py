"""`tradewind quarantine`: shows the bytes that the ledger refused, and the reasons."""

import asyncio
import json
from typing import Final

import click

from tradewind.contracts.system.dead_letters import redact
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.errors import TradewindError
from tradewind.ledger.upkeep.documents import QuarantinedDocument, whole_quarantined
from tradewind.ledger.upkeep.set_aside import MAX_LISTED, QuarantinedMessage, SetAside
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list
from tradewind.operations.cli.times import show_time
from tradewind.operations.cli.verbs import Verbs
from tradewind.postgres import open_pool
from tradewind.settings import PostgresSettings, load

REASONS: Final = tuple(reason.value for reason in QuarantineReason)


class NotInQuarantine(TradewindError):
    """The ledger has no quarantined message of this number: see `tradewind quarantine list`."""

    code = "NOT_IN_QUARANTINE"


@click.group(cls=Verbs)
def quarantine() -> None:
    """List and show the messages that the ledger refused."""


@quarantine.command("list")
@click.option(
    "--reason",
    metavar="REASON",
    type=click.Choice(REASONS),
    help=f"Those of one reason only: {', '.join(REASONS)}.",
)
@limit_option(MAX_LISTED)
@JSON_LINES_OPTION
def list_messages(reason: str | None, limit: int, as_json: bool) -> None:
    """List quarantined messages, newest first."""
    wanted = None if reason is None else QuarantineReason(reason)
    print_list(
        asyncio.run(_find(wanted, None, limit)),
        as_json,
        document=lambda one: QuarantinedDocument.of(one).model_dump(),
        headings=("id", "reason", "since", "message", "subject", "detail"),
        row=_row,
        nothing="nothing is in quarantine",
    )


@quarantine.command("show")
@click.argument("message_id", type=click.IntRange(1, 2**63 - 1))
def show_message(message_id: int) -> None:
    """Show one quarantined message with its bytes, as JSON."""
    found = asyncio.run(_find(None, message_id, 1))
    if not found:
        raise NotInQuarantine(f"no message {message_id}: see `tradewind quarantine list`")
    click.echo(json.dumps(whole_quarantined(found[0]).model_dump(), indent=2))


async def _find(
    reason: QuarantineReason | None, message_id: int | None, limit: int
) -> list[QuarantinedMessage]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        return await SetAside(pool).quarantined(reason, message_id, limit)
    finally:
        await pool.close()


def _row(one: QuarantinedMessage) -> tuple[str, ...]:
    place = f"{one.stream_sequence}"
    since = show_time(one.quarantined_at)
    return str(one.id), one.reason.value, since, place, redact(one.subject), one.detail
