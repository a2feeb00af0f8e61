"""Operators handle dead letters on the command line."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from click.testing import CliRunner, Result
from nats.aio.msg import Msg

from tests.settings import Settings
from tests.support.runtime_events import make_event
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.roles import PLANNER_WORKERS
from tradewind.contracts.streams import EVENTS_STREAM, MESSAGE_ID_HEADER
from tradewind.contracts.system.dead_letters import DeadLetterReason
from tradewind.contracts.system.payloads import DeadLetterResolved, DeadLetterRetried
from tradewind.errors import TradewindError
from tradewind.operations.cli.dlq import dlq
from tradewind.runtime import NatsConnection, connect, declare_streams

LETTER_ID = "planner-workers-7"
INSERT = """
INSERT INTO dead_letters (dead_letter_id, queue_group, subject, stream_sequence, reason, error,
                          attempts, body)
VALUES ($1, $2, $3, 7, $4, 'venue is down', 6, $5)
"""


@pytest.fixture
def letter(settings: Settings) -> AnyEvent:
    """Record a dead letter; return the event in it."""

    async def insert() -> None:
        connection = await asyncpg.connect(settings.postgres_dsn.get_secret_value())
        await connection.execute(
            INSERT,
            LETTER_ID,
            PLANNER_WORKERS.name,
            event.subject,
            DeadLetterReason.RETRIES_EXHAUSTED,
            event.to_bytes(),
        )
        await connection.close()

    event = make_event()
    asyncio.run(insert())
    asyncio.run(with_nats(settings, declare_streams))
    return event


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `tradewind dlq ...` against the servers of the test."""
    monkeypatch.setenv("TRADEWIND_NATS_URL", settings.nats_url)
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())
    monkeypatch.setenv("TRADEWIND_REDIS_URL", settings.redis_url.get_secret_value())
    return lambda *arguments: CliRunner().invoke(dlq, arguments)


async def with_nats[T](settings: Settings, use: Callable[[NatsConnection], Awaitable[T]]) -> T:
    async with await connect(settings.nats_url, name="test") as connection:
        return await use(connection)


def stored(settings: Settings) -> list[Msg]:
    async def read(connection: NatsConnection) -> list[Msg]:
        jetstream = connection.jetstream
        last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
        return [await jetstream.get_msg(EVENTS_STREAM, seq) for seq in range(1, last + 1)]  # type: ignore[misc]

    return asyncio.run(with_nats(settings, read))


def test_open_letters_are_listed_and_shown(letter: AnyEvent, run: Callable[..., Result]) -> None:
    listed = run("list")
    assert LETTER_ID in listed.output
    assert "venue is down" in listed.output
    assert json.loads(run("list", "--json").output)["attempts"] == 6
    assert run("list", "--state", "resolved").output == "no dead letters are resolved\n"
    assert run("list", "--state", "resolved", "--json").output == ""
    shown = json.loads(run("show", LETTER_ID).output)
    assert shown["body"].encode() == letter.to_bytes()
    assert shown["subject"] == letter.subject


def test_a_letter_is_sent_again_as_it_was(
    letter: AnyEvent, run: Callable[..., Result], settings: Settings
) -> None:
    assert run("retry", LETTER_ID).exit_code == 0
    assert run("retry", LETTER_ID).exit_code == 0
    first, said, second, _ = stored(settings)
    assert first.data == second.data == letter.to_bytes()
    assert first.subject == letter.subject
    ids = [(message.headers or {})[MESSAGE_ID_HEADER] for message in (first, second)]
    assert ids[0] != ids[1]
    for message_id in ids:
        assert message_id.startswith("retry-")
        assert message_id.endswith(letter.event_id)
    event = parse_event(said.data)
    assert event.payload == DeadLetterRetried(dead_letter_id=LETTER_ID)
    assert event.correlation_id.startswith("system-")


def test_a_letter_is_resolved_with_a_note(
    letter: AnyEvent, run: Callable[..., Result], settings: Settings
) -> None:
    assert run("resolve", LETTER_ID, "--note", "done by hand").exit_code == 0
    (said,) = stored(settings)
    payload = DeadLetterResolved(dead_letter_id=LETTER_ID, note="done by hand")
    assert parse_event(said.data).payload == payload
    too_long = run("resolve", LETTER_ID, "--note", "x" * 501)
    assert too_long.exit_code == 2


@pytest.mark.usefixtures("letter")
def test_a_letter_that_does_not_exist_is_named(run: Callable[..., Result]) -> None:
    for arguments in (["show"], ["retry"], ["resolve", "--note", "n"]):
        error = run(*arguments, "nothing-1").exception
        assert isinstance(error, TradewindError)
        assert "nothing-1" in str(error)
