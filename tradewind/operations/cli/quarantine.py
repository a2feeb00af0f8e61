"""`tradewind quarantine`: the bytes the ledger refused, and why."""

import asyncio
import hashlib
import json
from typing import Any

import click

from tradewind.contracts.envelope import InvalidEvent, parse_event
from tradewind.contracts.system.dead_letters import redact
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.errors import TradewindError
from tradewind.ledger.upkeep.set_aside import MAX_LISTED, QuarantinedMessage, SetAside
from tradewind.postgres import open_pool
from tradewind.settings import PostgresSettings, load


class NotInQuarantine(TradewindError):
    """The ledger has no quarantined message of this number: see `tradewind quarantine list`."""

    code = "NOT_IN_QUARANTINE"


@click.group()
def quarantine() -> None:
    """List and show what the ledger refused."""


@quarantine.command("list")
@click.option("--reason", type=click.Choice([reason.value for reason in QuarantineReason]))
@click.option("--limit", type=click.IntRange(1, MAX_LISTED), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document per line.")
def list_messages(reason: str | None, limit: int, as_json: bool) -> None:
    """List quarantined messages, newest first."""
    wanted = None if reason is None else QuarantineReason(reason)
    found = asyncio.run(_find(wanted, None, limit))
    for one in found:
        click.echo(json.dumps(_document(one)) if as_json else _line(one))
    if not found and not as_json:
        click.echo("nothing is in quarantine")


@quarantine.command("show")
@click.argument("message_id", type=click.IntRange(1, 2**63 - 1))
def show_message(message_id: int) -> None:
    """Show one quarantined message with its bytes, as JSON."""
    found = asyncio.run(_find(None, message_id, 1))
    if not found:
        raise NotInQuarantine(f"no message {message_id}: see `tradewind quarantine list`")
    click.echo(json.dumps(_document(found[0]) | _content(found[0].body), indent=2))


async def _find(
    reason: QuarantineReason | None, message_id: int | None, limit: int
) -> list[QuarantinedMessage]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        return await SetAside(pool).quarantined(reason, message_id, limit)
    finally:
        await pool.close()


def _document(one: QuarantinedMessage) -> dict[str, Any]:
    return {
        "id": one.id,
        "reason": one.reason.value,
        "detail": one.detail,
        "subject": one.subject,
        "stream_sequence": one.stream_sequence,
        "at": one.quarantined_at.isoformat(),
        "size_bytes": len(one.body),
    }


def _content(body: bytes) -> dict[str, Any]:
    """Return the bytes as text, and which event they claim to be where they are one."""
    content: dict[str, Any] = {"sha256": hashlib.sha256(body).hexdigest()}
    try:
        event = parse_event(body)
    except InvalidEvent:
        pass
    else:
        content |= {
            "event_id": event.event_id,
            "correlation_id": event.correlation_id,
            "sequence": event.sequence,
            "producer": event.producer,
        }
    return content | {"body": body.decode("utf-8", "backslashreplace")}


def _line(one: QuarantinedMessage) -> str:
    """A subject may hold anything, an escape sequence for the terminal too."""
    at = one.quarantined_at.isoformat(timespec="seconds")
    return (
        f"{one.id:<8} {one.reason:<16} {at}  {redact(one.subject)}  "
        f"message {one.stream_sequence}: {one.detail}"
    )
