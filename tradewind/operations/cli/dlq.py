"""`tradewind dlq`: shows dead letters, and lets an operator retry or resolve them."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import click

from tradewind.contracts.envelope import AnyEvent, InvalidEvent, first_event, parse_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.streams import MESSAGE_ID_HEADER
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.dead_letters import redact
from tradewind.contracts.system.payloads import DeadLetterResolved, DeadLetterRetried
from tradewind.errors import TradewindError
from tradewind.ledger.history.reader import LedgerReader, RecordedDeadLetter
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list
from tradewind.operations.cli.times import show_time
from tradewind.operations.cli.verbs import Verbs
from tradewind.postgres import open_pool
from tradewind.runtime import Publisher, clock, connect
from tradewind.settings import NatsSettings, PostgresSettings, load
from tradewind.telemetry import configure_logging

STATES: Final = ("open", "retried", "resolved")
PRODUCER: Final = "cli"
CONNECT_DEADLINE_SECONDS: Final = 5.0
MAX_LISTED: Final = 1_000
ULID_ENTROPY_BYTES: Final = 10


class NoSuchDeadLetter(TradewindError):
    """The ledger has no dead letter of this id: see `tradewind dlq list --state all`."""

    code = "NO_SUCH_DEAD_LETTER"


@click.group(cls=Verbs)
def dlq() -> None:
    """List, show, retry and resolve dead letters."""


@dlq.command("list")
@click.option(
    "--state",
    type=click.Choice((*STATES, "all")),
    default="open",
    show_default=True,
    help="Those in one state only.",
)
@limit_option(MAX_LISTED)
@JSON_LINES_OPTION
def list_letters(state: str, limit: int, as_json: bool) -> None:
    """List dead letters, newest first."""
    print_list(
        asyncio.run(_with_reader(_query(None if state == "all" else state, limit=limit))),
        as_json,
        document=_document,
        headings=("id", "state", "since", "reason", "attempts", "subject", "error"),
        row=_row,
        nothing="no dead letters" if state == "all" else f"no dead letters are {state}",
    )


@dlq.command("show")
@click.argument("dead_letter_id")
def show_letter(dead_letter_id: str) -> None:
    """Show one dead letter with its bytes, as JSON."""
    recorded = asyncio.run(_find(dead_letter_id))
    body = recorded.letter.raw.decode("utf-8", "backslashreplace")
    click.echo(json.dumps(_document(recorded) | {"body": body}, indent=2))


@dlq.command("retry")
@click.argument("dead_letter_id")
def retry_letter(dead_letter_id: str) -> None:
    """Send the bytes to their subject again."""
    asyncio.run(_retry(dead_letter_id))
    click.echo(f"{dead_letter_id} sent again")


@dlq.command("resolve")
@click.argument("dead_letter_id")
@click.option("--note", required=True, help="Why nothing is left to do.")
def resolve_letter(dead_letter_id: str, note: str) -> None:
    """Close a dead letter without sending it again."""
    if len(note) > MAX_DETAIL_LENGTH:
        raise click.BadParameter(f"at most {MAX_DETAIL_LENGTH} characters", param_hint="--note")
    asyncio.run(_resolve(dead_letter_id, note))
    click.echo(f"{dead_letter_id} resolved")


async def _retry(dead_letter_id: str) -> None:
    """Publish the bytes again to all queue groups; those that handled them discard the copy."""
    letter = (await _find(dead_letter_id)).letter
    headers = {MESSAGE_ID_HEADER: f"retry-{time.time_ns()}-{_event_id(letter.raw)}"}
    async with _publisher() as publisher:
        await publisher.publish_raw(letter.subject, letter.raw, headers)
        await publisher.publish(_system_event(DeadLetterRetried(dead_letter_id=dead_letter_id)))


async def _resolve(dead_letter_id: str, note: str) -> None:
    await _find(dead_letter_id)
    async with _publisher() as publisher:
        payload = DeadLetterResolved(dead_letter_id=dead_letter_id, note=note)
        await publisher.publish(_system_event(payload))


async def _find(dead_letter_id: str) -> RecordedDeadLetter:
    found = await _with_reader(_query(None, dead_letter_id, limit=1))
    if not found:
        raise NoSuchDeadLetter(f"no dead letter {dead_letter_id}: see `tradewind dlq list`")
    return found[0]


type _Query = Callable[[LedgerReader], Awaitable[list[RecordedDeadLetter]]]


def _query(state: str | None, dead_letter_id: str | None = None, *, limit: int) -> _Query:
    return lambda reader: reader.dead_letters(state, dead_letter_id, limit)


async def _with_reader(query: _Query) -> list[RecordedDeadLetter]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        return await query(LedgerReader(pool))
    finally:
        await pool.close()


@asynccontextmanager
async def _publisher() -> AsyncIterator[Publisher]:
    # Log lines, such as waiting for a broker, go to standard error.
    configure_logging("dlq", "WARNING")
    url = load(NatsSettings).nats_url
    async with await connect(
        url, name="tradewind-dlq", deadline_seconds=CONNECT_DEADLINE_SECONDS
    ) as connection:
        publisher = Publisher(connection)
        try:
            yield publisher
        finally:
            await publisher.close()


def _system_event(payload: Payload) -> AnyEvent:
    """Return an event of an operator's command, which has a correlation of its own."""
    ulid = make_ulid(time.time_ns() // 1_000_000, os.urandom(ULID_ENTROPY_BYTES))
    return first_event(
        payload,
        correlation_id=make_correlation_id(CorrelationKind.SYSTEM, ulid),
        key=EventKey(),
        producer=PRODUCER,
        at=clock.now(),
    )


def _event_id(raw: bytes) -> str:
    try:
        return parse_event(raw).event_id
    except InvalidEvent as error:
        return error.reason


def _document(recorded: RecordedDeadLetter) -> dict[str, Any]:
    letter = recorded.letter
    return {
        "id": recorded.dead_letter_id,
        "state": recorded.state,
        "note": recorded.note,
        "at": recorded.recorded_at.isoformat(),
        "queue_group": letter.queue_group,
        "subject": letter.subject,
        "reason": letter.reason,
        "error": letter.error,
        "attempts": letter.attempts,
        "stream_sequence": letter.stream_sequence,
    }


def _row(recorded: RecordedDeadLetter) -> tuple[str, ...]:
    letter, since = recorded.letter, show_time(recorded.recorded_at)
    identity = recorded.dead_letter_id, recorded.state, since, letter.reason
    return *identity, str(letter.attempts), redact(letter.subject), letter.error
