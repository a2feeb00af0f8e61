"""A history leaves one machine as a file and is the same on another."""

import asyncio
import gzip
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.arrivals import arrive, incoming, respelled
from tests.support.histories import History
from tradewind.ledger import migrations
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import RecordedEvent
from tradewind.ledger.transfer import history_file
from tradewind.ledger.transfer.exporter import HistoryExporter, HistoryTooLarge
from tradewind.ledger.transfer.importer import LedgerInUse, import_events
from tradewind.operations.cli.history import history
from tradewind.operations.cli.replay import replay
from tradewind.postgres import Pool, open_pool

HISTORIES = [History(number) for number in range(1, 4)]


def in_database[R](dsn: str, work: Callable[[Pool], Coroutine[Any, Any, R]]) -> R:
    async def run() -> R:
        pool = await open_pool(dsn)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


@pytest.fixture
def run(database_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command against the database of the test; no other server is needed."""
    monkeypatch.setenv("TRADEWIND_NATS_URL", "nats://127.0.0.1:1")
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", database_dsn)
    monkeypatch.setenv("TRADEWIND_REDIS_URL", "redis://127.0.0.1:1")
    return lambda command, *arguments: CliRunner().invoke(
        command, [str(one) for one in arguments], catch_exceptions=True
    )


@pytest.fixture
def recorded(database_dsn: str) -> list[RecordedEvent]:
    """Record three histories, one event spelled as another program would."""

    async def record(pool: Pool) -> list[RecordedEvent]:
        for one in HISTORIES:
            events = one.completed()
            odd = incoming(events[-1].subject, respelled(events[-1]))
            await Ledger(pool).append([*arrive(events[:-1]), odd])
        return await LedgerReader(pool).events_after(0)

    return in_database(database_dsn, record)


def test_a_file_brings_the_same_histories_to_an_empty_ledger(
    run: Callable[..., Result],
    recorded: list[RecordedEvent],
    tmp_path: Path,
    database_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "all.history"
    assert "27 events" in run(history, "export", "--since", "2020-01-01", "-o", path).output
    other = database_dsn.rpartition("/")[2] + "_other"
    in_database(
        database_dsn,
        lambda pool: pool.execute(f"CREATE DATABASE {other}"),
    )
    other_dsn = database_dsn.rpartition("/")[0] + f"/{other}"
    try:
        migrations.upgrade(other_dsn)
        monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", other_dsn)
        assert "27 events recorded, 0 were there" in run(history, "import", path).output
        assert "0 events recorded, 27 were there" in run(history, "import", path).output
        copied = in_database(other_dsn, lambda pool: LedgerReader(pool).events_after(0))
        assert [(one.event, one.body) for one in copied] == [
            (one.event, one.body) for one in recorded
        ]
        marked = in_database(other_dsn, lambda pool: pool.fetch("SELECT * FROM imports"))
        assert {row["correlation_id"] for row in marked} == {
            one.correlation_id for one in HISTORIES
        }
    finally:
        in_database(database_dsn, lambda pool: pool.execute(f"DROP DATABASE {other} WITH (FORCE)"))


def test_one_history_is_exported_by_its_intent(
    run: Callable[..., Result], recorded: list[RecordedEvent], tmp_path: Path
) -> None:
    path = tmp_path / "one.history"
    assert "9 events" in run(history, "export", HISTORIES[1].intent_id, "-o", path).output
    assert [one.event for one in history_file.read_events(path)] == HISTORIES[1].completed()
    assert history_file.read_header(path).selection == HISTORIES[1].correlation_id
    assert sorted(tmp_path.iterdir()) == [path]


def test_nothing_to_export_leaves_no_file(
    run: Callable[..., Result], recorded: list[RecordedEvent], tmp_path: Path
) -> None:
    path = tmp_path / "none.history"
    for selection in (["intent-unknown"], ["--until", "2020-01-01"]):
        assert run(history, "export", *selection, "-o", path).exit_code == 1
    assert run(history, "export", "-o", path).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_with_histories_of_its_own_takes_none(
    recorded: list[RecordedEvent], database_dsn: str
) -> None:
    with pytest.raises(LedgerInUse):
        in_database(
            database_dsn,
            lambda pool: import_events(pool, arrive(History(9).completed()), "a file"),
        )


def lines_of(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).splitlines(keepends=True)


def changed(line: bytes, **updates: object) -> bytes:
    return json.dumps(json.loads(line) | updates).encode() + b"\n"


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda lines: lines[:-1], "cut off"),
        (lambda lines: lines[:-2] + lines[-1:], "not as it was written"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "not as it was written"),
        (lambda lines: [changed(lines[0], format_version=2), *lines[1:]], "line 1"),
        (lambda lines: [lines[0], changed(lines[1], body="{}"), *lines[2:]], "line 2"),
        (lambda lines: [lines[0], changed(lines[1], subject="a.b.c.d"), *lines[2:]], "line 2"),
        (lambda lines: [lines[0], b"x" * 2_000_000 + b"\n"], "too long"),
        (lambda lines: [], "empty"),
    ],
)
def test_a_damaged_file_is_refused_whole(
    run: Callable[..., Result],
    recorded: list[RecordedEvent],
    tmp_path: Path,
    damage: Callable[[list[bytes]], list[bytes]],
    what: str,
) -> None:
    path = tmp_path / "a.history"
    run(history, "export", HISTORIES[0].intent_id, "-o", path)
    path.write_bytes(gzip.compress(b"".join(damage(lines_of(path)))))
    with pytest.raises(history_file.UnreadableHistory, match=what):
        history_file.check(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"x" * 99)[:-9]],
    ids=["empty", "no gzip", "cut off"],
)
def test_what_is_no_file_of_ours_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.history"
    path.write_bytes(content)
    with pytest.raises(history_file.UnreadableHistory):
        history_file.check(path)


def test_a_replay_tells_every_event_and_the_outcome(
    run: Callable[..., Result], recorded: list[RecordedEvent]
) -> None:
    told = run(replay, HISTORIES[0].intent_id).output
    for event in HISTORIES[0].completed():
        assert event.topic in told
    assert "9 events: the intent is completed" in told
    as_json = run(replay, HISTORIES[0].correlation_id, "--json").output.splitlines()
    assert [json.loads(line)["event"]["eventId"] for line in as_json] == [
        event.event_id for event in HISTORIES[0].completed()
    ]
    assert run(replay, "intent-unknown").exit_code == 1


def test_what_the_gateway_sends_is_what_the_command_writes(
    run: Callable[..., Result],
    recorded: list[RecordedEvent],
    tmp_path: Path,
    database_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given a history, then both files have the same lines, but for when they were written."""
    name, path = HISTORIES[0].correlation_id, tmp_path / "one.jsonl"
    assert recorded
    assert "9 events" in run(history, "export", name, "-o", path).output
    monkeypatch.setattr("tradewind.ledger.transfer.exporter.PAGE_EVENTS", 2)
    sent = in_database(database_dsn, lambda pool: HistoryExporter(pool).export(name))
    assert sent is not None
    assert sent.splitlines()[1:-1] == path.read_bytes().splitlines()[1:-1]
    copy = tmp_path / "sent.jsonl"
    copy.write_bytes(sent)
    assert history_file.check(copy).selection == name


def test_a_history_is_sent_whole_or_not_at_all(
    recorded: list[RecordedEvent], database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recorded
    unknown = f"{HISTORIES[0].correlation_id[:-1]}Z"
    assert in_database(database_dsn, lambda pool: HistoryExporter(pool).export(unknown)) is None
    monkeypatch.setattr("tradewind.ledger.transfer.exporter.MAX_FILE_BYTES", 1_000)
    name = HISTORIES[0].correlation_id
    with pytest.raises(HistoryTooLarge):
        in_database(database_dsn, lambda pool: HistoryExporter(pool).export(name))
