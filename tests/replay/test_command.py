"""`tradewind redecide` as somebody runs it: on a real ledger, and on a file."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.replay.golden import history_path, read_history
from tradewind.ledger.transfer import history_file
from tradewind.ledger.transfer.importer import import_events
from tradewind.postgres import open_pool

NAMES = ("paper_acquire", "paper_two_hop", "risk_notional_limit")


def redecide(
    *arguments: str, expect: int, environment: dict[str, str] | None = None, dsn: str = ""
) -> str:
    """Run the command and return what it prints; its exit code must be as expected."""
    servers = {
        "TRADEWIND_POSTGRES_DSN": dsn,
        "TRADEWIND_NATS_URL": "nats://127.0.0.1:1",
        "TRADEWIND_REDIS_URL": "redis://127.0.0.1:1",
    }
    finished = subprocess.run(
        [str(Path(sys.executable).with_name("tradewind")), "redecide", *arguments],
        env=os.environ | (servers if dsn else {}) | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == expect, finished.stdout + finished.stderr
    return finished.stdout if expect < 2 else finished.stderr


@pytest.fixture
def ledger(database_dsn: str) -> str:
    """Return a database that holds some golden histories."""

    async def fill() -> None:
        pool = await open_pool(database_dsn, max_size=2)
        try:
            for name in NAMES:
                events = history_file.read_events(history_path(name))
                imported = await import_events(pool, events, name)
                assert imported.quarantined == 0
        finally:
            await pool.close()

    asyncio.run(fill())
    return database_dsn


def intent_of(name: str) -> str:
    return read_history(name)[0].correlation_id


def test_by_the_recorded_settings_the_same_is_decided_and_nothing_written(ledger: str) -> None:
    before = asyncio.run(_counts(ledger))
    said = redecide("--from", "2020-01-01", "--recorded-settings", expect=0, dsn=ledger)
    assert said == "5 decisions run again: 5 same, 0 different; 0 not re-runnable\n"
    assert asyncio.run(_counts(ledger)) == before


@pytest.mark.parametrize("written", ["{:%FT%T}Z", "{:%FT%T.%f}+00:00", "{:%F %T} UTC", "{:%F}"])
def test_a_time_the_platform_printed_selects_what_was_recorded_then(
    ledger: str, written: str
) -> None:
    before = datetime.now(UTC) - timedelta(days=1)
    said = redecide(
        *("--from", written.format(before), "--to", written.format(before + timedelta(days=2))),
        *("--recorded-settings",),
        expect=0,
        dsn=ledger,
    )
    assert said.startswith("5 decisions run again: 5 same")
    said = redecide("--to", written.format(before), expect=2, dsn=ledger)
    assert "no decision" in said


def test_a_setting_of_today_makes_a_difference_that_is_explained(ledger: str) -> None:
    name = intent_of("paper_two_hop")
    said = redecide(
        name.removeprefix("intent-"), expect=1, dsn=ledger, environment={"MAX_NOTIONAL_USD": "1000"}
    )
    assert said.startswith(f"{name}\n  event     2 risk.approved by risk, ")
    assert "now       risk.rejected\n              reason NOTIONAL_LIMIT\n" in said
    assert "settings: max_notional_usd was 100000000, is 1000" in said
    assert said.endswith("2 decisions run again: 0 same, 2 different; 0 not re-runnable\n")


def test_several_correlations_as_json(ledger: str) -> None:
    names = [intent_of(name) for name in NAMES]
    limit = {"MAX_NOTIONAL_USD": "1000000000", "TRADEWIND_POOL_MAX_AGE_SECONDS": "8"}
    said = redecide("--json", *names, expect=1, dsn=ledger, environment=limit)
    *differences, counts = map(json.loads, said.splitlines())
    refused = next(one for one in differences if one["topic"] == "risk.rejected")
    assert refused["correlation_id"] == intent_of("risk_notional_limit")
    assert refused["recorded"][0]["reason"] == "NOTIONAL_LIMIT"
    assert [event["topic"] for event in refused["now"]] == ["risk.approved", "intent.accepted"]
    assert refused["reason"] == "settings: max_notional_usd was 100000000, is 1000000000"
    assert counts == {
        "outcome": "counts",
        "rerun": 5,
        "same": 5 - len(differences),
        "different": len(differences),
        "not_rerunnable": {},
    }


def test_a_time_range_without_decisions_is_an_error(ledger: str) -> None:
    said = redecide("--to", "2020-01-01", expect=2, dsn=ledger)
    assert "no decision" in said


async def _counts(dsn: str) -> list[Any]:
    pool = await open_pool(dsn, max_size=1)
    try:
        return [
            await pool.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("events", "event_index", "quarantine", "parked", "correlation_head")
        ]
    finally:
        await pool.close()


def test_a_file_needs_no_servers() -> None:
    path = str(history_path("chain_reorg"))
    said = redecide("--file", path, "--recorded-settings", expect=0)
    assert said == "2 decisions run again: 2 same, 0 different; 0 not re-runnable\n"


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_bytes(history_path("paper_acquire").read_bytes().replace(b"30", b"31", 1))
    assert "not as it was written" in redecide("--file", str(damaged), expect=2)


def test_a_correlation_a_file_does_not_have_is_an_error() -> None:
    path = str(history_path("paper_acquire"))
    said = redecide("--file", path, intent_of("paper_two_hop"), expect=2)
    assert "no decision" in said


@pytest.mark.parametrize(
    "arguments", [(), ("--from", "2026-01-01", "intent-x"), ("--from", "yesterday")], ids=str
)
def test_what_was_not_meant_is_refused(arguments: tuple[str, ...]) -> None:
    assert "Error" in redecide(*arguments, expect=2)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """`redecide | head`: a report is longer than what a pipe holds, and nobody reads the rest."""
    reading, writing = os.pipe()
    os.close(reading)
    path = str(history_path("chain_reorg"))
    finished = subprocess.run(
        [str(Path(sys.executable).with_name("tradewind")), "redecide", "--file", path],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (finished.returncode, finished.stderr) == (2, "")
