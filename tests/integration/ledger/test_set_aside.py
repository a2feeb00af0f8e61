"""Parked, quarantined and dead-lettered messages are counted, listed and shown at little cost."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind.contracts.roles import PLANNER_WORKERS, RISK_WORKERS
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.errors import TradewindError
from tradewind.ledger.append.incoming import Rejected
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.upkeep.backlogs import MAX_COUNTED, Backlog, Backlogs
from tradewind.ledger.upkeep.ingress import IngressJournal, Request
from tradewind.ledger.upkeep.place import BEFORE_ALL
from tradewind.ledger.upkeep.set_aside import SetAside
from tradewind.operations.cli.parked import parked
from tradewind.operations.cli.quarantine import quarantine
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import clock

HARMFUL = b"\x1b[31m\xff[bold]{"
HARMFUL_SUBJECT = "intent.submitted.\x1b[2J"


@pytest.fixture
def run(database_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command on the database of the test."""
    monkeypatch.setenv("TRADEWIND_NATS_URL", "nats://127.0.0.1:1")
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", database_dsn)
    monkeypatch.setenv("TRADEWIND_REDIS_URL", "redis://127.0.0.1:1")
    return lambda command, *arguments: CliRunner().invoke(command, arguments)


@pytest.fixture
async def gap(ledger: Ledger) -> History:
    """Record a history up to 2, and 4 and 5 of it: 3 is missing."""
    history = History(1)
    events = arrive(history.completed())
    await ledger.append([*events[:2], *events[3:5]])
    return history


async def test_what_is_parked_says_what_it_waits_for(pool: Pool, gap: History) -> None:
    first, second = await SetAside(pool).parked()
    assert [(one.sequence, one.missing_sequence) for one in (first, second)] == [(4, 3), (5, 3)]
    assert first.correlation_id == gap.correlation_id
    assert first.waiting.total_seconds() >= 0
    assert len(await SetAside(pool).parked(limit=1)) == 1
    alone = arrive(History(2).completed()[2:3])
    await Ledger(pool).append(alone)
    (*_, last) = await SetAside(pool).parked()
    assert (last.sequence, last.missing_sequence, last.last_sequence) == (3, 1, 0)


async def test_backlogs_are_empty_and_grow(pool: Pool, ledger: Ledger) -> None:
    backlogs = Backlogs(pool)
    assert await backlogs.parked() == await backlogs.ingress(0) == Backlog(0, 0)
    assert await backlogs.open_dead_letters() == {}
    assert await backlogs.recorded_seconds_ago(1) == 0
    events = arrive(History(1).completed())
    await ledger.append([*events[:2], *events[3:5]])
    assert (await backlogs.parked()).events == 2
    await pool.execute("UPDATE parked SET parked_at = now() - interval '1 hour' WHERE sequence = 5")
    assert 3_600 <= (await backlogs.parked()).oldest_seconds < 3_700
    await ledger.append(events[2:3])
    assert await backlogs.parked() == Backlog(0, 0)
    assert 0 < await backlogs.recorded_seconds_ago(5) < 60


async def test_only_what_the_ledger_lacks_is_pending(pool: Pool, ledger: Ledger) -> None:
    journal, backlogs = IngressJournal(pool), Backlogs(pool)
    roots = [History(number).completed()[0] for number in (1, 2, 3)]
    for root in roots:
        await journal.accept(root, Request(None, bytes(32)), clock.now() + timedelta(hours=1))
    await ledger.append(arrive(roots[:1]))
    assert (await backlogs.ingress(0)).events == 2
    assert (await backlogs.ingress(60)).events == 0
    await pool.execute("UPDATE ingress SET received_at = now() - interval '1 hour'")
    pending = await backlogs.ingress(60)
    assert pending.events == 2
    assert pending.oldest_seconds >= 3_600


async def test_open_dead_letters_are_counted_by_queue_group(pool: Pool, ledger: Ledger) -> None:
    letters = [
        DeadLetter(group, "intent.submitted.a.b", "BUG", "error", 1, b"x", place)
        for group, place in [
            (RISK_WORKERS.name, 1),
            (RISK_WORKERS.name, 2),
            (PLANNER_WORKERS.name, 3),
        ]
    ]
    await ledger.record_dead_letters(letters)
    await pool.execute("UPDATE dead_letters SET state = 'resolved' WHERE stream_sequence = 2")
    counts = await Backlogs(pool).open_dead_letters()
    assert counts == {RISK_WORKERS.name: 1, PLANNER_WORKERS.name: 1}


async def fill(pool: Pool) -> None:
    """Make every backlog long, and the table around it longer."""
    await pool.execute(
        "INSERT INTO parked SELECT n, n, 2, '', sha256(''), '', n, now() - n * interval '1 ms' "
        "FROM generate_series(1, 20000) AS n"
    )
    await pool.execute(
        "INSERT INTO ingress (event_id, correlation_id, subject, body, request_sha256, recorded_at)"
        " SELECT n, n, '', '', sha256(''), CASE WHEN n > 200 THEN now() END "
        "FROM generate_series(1, 20000) AS n"
    )
    await pool.execute(
        "INSERT INTO dead_letters (dead_letter_id, state, body) "
        "SELECT n, CASE WHEN n > 200 THEN 'resolved' ELSE 'open' END, '' "
        "FROM generate_series(1, 20000) AS n"
    )
    await pool.execute("ANALYZE parked, ingress, dead_letters")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("backlog_parked", (MAX_COUNTED,)),
        ("backlog_ingress", (MAX_COUNTED, 0.0)),
        ("count_open_dead_letters", (MAX_COUNTED,)),
        ("select_waiting", (100, *BEFORE_ALL)),
    ],
)
async def test_no_gauge_and_no_list_reads_a_whole_table(
    pool: Pool, name: str, arguments: tuple[object, ...]
) -> None:
    await fill(pool)
    plan = await pool.fetch(f"EXPLAIN {QUERIES[name]}", *arguments)
    text = "\n".join(row[0] for row in plan)
    table = re.search(r"Seq Scan on (parked|ingress|dead_letters)", text)
    assert table is None, text


async def test_counting_stops_at_the_limit(pool: Pool) -> None:
    await fill(pool)
    parked = await Backlogs(pool).parked()
    assert parked.events == MAX_COUNTED
    assert parked.oldest_seconds >= 20


def test_parked_events_are_listed(run: Callable[..., Result], database_dsn: str) -> None:
    assert run(parked).output == "nothing is parked\n"
    history = History(1)
    on_ledger(database_dsn, lambda ledger: ledger.append(arrive(history.completed()[3:5])))
    (heading, first, second) = run(parked).output.splitlines()
    assert heading.split("  ")[0] == "correlation"
    # 80 columns would cut the id, which has to be copied.
    assert first.split()[:3] == [history.correlation_id, "4", "1"]
    assert second.split()[:3] == [history.correlation_id, "5", "1"]
    documents = [json.loads(line) for line in run(parked, "--json").output.splitlines()]
    assert [one["sequence"] for one in documents] == [4, 5]
    assert documents[0]["missing_sequence"] == 1
    assert documents[0]["event_id"] == history.completed()[3].event_id
    assert run(parked, "--limit", "1").output.splitlines()[1:] == [first]


def test_quarantine_is_listed_and_shown(run: Callable[..., Result], database_dsn: str) -> None:
    assert run(quarantine, "list").output == "nothing is in quarantine\n"
    event = History(1).completed()[0]
    (forged,) = arrive([event.model_copy(update={"producer": "forger"})], first=7)
    bad = Rejected(QuarantineReason.MALFORMED, "not JSON", HARMFUL, HARMFUL_SUBJECT, 8)
    on_ledger(database_dsn, lambda ledger: ledger.append([*arrive([event]), forged], [bad]))
    (heading, conflict, malformed) = run(quarantine, "list").output.splitlines()
    assert heading.split() == ["id", "reason", "since", "message", "subject", "detail"]
    if malformed.split()[1] == QuarantineReason.CONFLICT:
        conflict, malformed = malformed, conflict
    assert conflict.split()[1] == QuarantineReason.CONFLICT
    assert "\x1b" not in run(quarantine, "list").output
    only = run(quarantine, "list", "--reason", "CONFLICT", "--json").output.splitlines()
    assert [json.loads(line)["stream_sequence"] for line in only] == [7]
    shown = json.loads(run(quarantine, "show", conflict.split()[0]).output)
    assert shown["body"].encode() == forged.body
    assert (shown["event_id"], shown["sequence"]) == (event.event_id, 1)
    assert shown["producer"] == "forger"
    output = run(quarantine, "show", malformed.split()[0]).output
    assert "\x1b" not in output
    assert json.loads(output)["body"] == "\x1b[31m\\xff[bold]{"
    assert json.loads(output)["size_bytes"] == len(HARMFUL)


def test_what_is_not_in_quarantine_is_said(run: Callable[..., Result]) -> None:
    error = run(quarantine, "show", "7").exception
    assert isinstance(error, TradewindError)
    assert "no message 7" in str(error)
    assert run(quarantine, "show", "x").exit_code == 2
    assert run(quarantine, "list", "--reason", "BORED").exit_code == 2


def on_ledger(dsn: str, use: Callable[[Ledger], Awaitable[object]]) -> None:
    async def call() -> None:
        pool = await open_pool(dsn)
        await use(Ledger(pool))
        await pool.close()

    asyncio.run(call())
