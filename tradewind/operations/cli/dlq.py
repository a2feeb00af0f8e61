"""`tradewind dlq`: shows dead letters, and lets an operator retry or resolve them."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

import click

from tradewind.contracts.envelope import AnyEvent, InvalidEvent, first_event, parse_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.streams import MESSAGE_ID_HEADER
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.dead_letters import redact
from tradewind.contracts.system.payloads import DeadLetterResolved, DeadLetterRetried
from tradewind.errors import TradewindError
from tradewind.ledger.upkeep.dead_letters import (
    DeadLetterRequest,
    DeadLetterRequests,
    DeadLetters,
    ListedDeadLetter,
    State,
)
from tradewind.ledger.upkeep.documents import (
    DeadLetterDocument,
    RequestDocument,
    whole_dead_letter,
)
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list
from tradewind.operations.cli.times import show_time
from tradewind.operations.cli.verbs import Verbs
from tradewind.postgres import Pool, open_pool
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
def list_letters(state: State | Literal["all"], limit: int, as_json: bool) -> None:
    """List dead letters, newest first."""
    print_list(
        asyncio.run(_list(None if state == "all" else state, limit)),
        as_json,
        document=lambda one: DeadLetterDocument.of(one).model_dump(),
        headings=("id", "state", "since", "reason", "attempts", "subject", "error"),
        row=_row,
        nothing="no dead letters" if state == "all" else f"no dead letters are {state}",
    )


@dlq.command("show")
@click.argument("dead_letter_id")
def show_letter(dead_letter_id: str) -> None:
    """Show one dead letter with its bytes, as JSON."""
    found, requests = asyncio.run(_show(dead_letter_id))
    document = whole_dead_letter(found, tuple(map(RequestDocument.of, requests)))
    click.echo(json.dumps(document.model_dump(), indent=2))


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
    async with _pool() as pool:
        letter = (await _find(pool, dead_letter_id)).letter
    headers = {MESSAGE_ID_HEADER: f"retry-{time.time_ns()}-{_event_id(letter.raw)}"}
    async with _publisher() as publisher:
        await publisher.publish_raw(letter.subject, letter.raw, headers)
        await publisher.publish(_system_event(DeadLetterRetried(dead_letter_id=dead_letter_id)))


async def _resolve(dead_letter_id: str, note: str) -> None:
    async with _pool() as pool:
        await _find(pool, dead_letter_id)
    async with _publisher() as publisher:
        payload = DeadLetterResolved(dead_letter_id=dead_letter_id, note=note)
        await publisher.publish(_system_event(payload))


async def _list(state: State | None, limit: int) -> list[ListedDeadLetter]:
    async with _pool() as pool:
        return await DeadLetters(pool).page(state, limit)


async def _show(dead_letter_id: str) -> tuple[ListedDeadLetter, list[DeadLetterRequest]]:
    async with _pool() as pool:
        found = await _find(pool, dead_letter_id)
        return found, await DeadLetterRequests(pool).of(dead_letter_id)


async def _find(pool: Pool, dead_letter_id: str) -> ListedDeadLetter:
    found = await DeadLetters(pool).one(dead_letter_id)
    if found is None:
        raise NoSuchDeadLetter(f"no dead letter {dead_letter_id}: see `tradewind dlq list`")
    return found


@asynccontextmanager
async def _pool() -> AsyncIterator[Pool]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        yield pool
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


def _row(one: ListedDeadLetter) -> tuple[str, ...]:
    identity = one.dead_letter_id, one.state, show_time(one.recorded_at), one.reason
    return *identity, str(one.attempts), redact(one.subject), one.error
