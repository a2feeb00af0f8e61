"""A log that is full goes on in another file: nothing is lost, and who follows it goes on."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import block_until
from tradewind.log_file import LogLimits, trim

WAIT_SECONDS = 120
RECORD = re.compile(r"\{.*\}")
WRITER = """
import sys, structlog
from pathlib import Path
from tradewind.log_file import LogFile, LogLimits
from tradewind.telemetry import configure_logging
path, max_bytes, kept, name, count = sys.argv[1:]
configure_logging(name, "INFO", LogFile(Path(path), LogLimits(int(max_bytes), int(kept))))
logger = structlog.get_logger("writer")
for number in range(int(count)):
    logger.info("line", number=number)
    if number % 100 == 50:
        print(f"plain {name} {number}", file=sys.stderr, flush=True)
raise SystemError(name)
"""


def start(log: Path, name: str, count: int, max_bytes: int, kept: int) -> subprocess.Popen[bytes]:
    """Start a writer with the log as its output, as the supervisor does."""
    arguments = (str(log), str(max_bytes), str(kept), name, str(count))
    with log.open("ab") as output:
        return subprocess.Popen(
            (sys.executable, "-c", WRITER, *arguments), stdout=output, stderr=output
        )


def written(directory: Path) -> list[str]:
    return [line for log in directory.glob("role*.log") for line in log.read_text().splitlines()]


def numbers(lines: list[str], name: str) -> list[int]:
    """Return what a writer counted. Another's traceback, written in parts, may share a line."""
    records = [json.loads(found[0]) for line in lines if (found := RECORD.search(line))]
    return sorted(one["number"] for one in records if one["role"] == name and "number" in one)


def test_two_processes_that_share_a_log_lose_nothing_and_a_reader_follows(tmp_path: Path) -> None:
    """Given `tail -F` on a log that two processes fill several times, until both crash."""
    log, seen, count = tmp_path / "role.log", tmp_path / "seen", 2_000
    log.touch()
    with seen.open("wb") as output:
        follower = subprocess.Popen(
            ("tail", "-n", "+1", "-F", str(log)), stdout=output, stderr=subprocess.DEVNULL
        )
    try:
        writers = [start(log, name, count, 100_000, 1_000) for name in ("one", "two")]
        for writer in writers:
            assert writer.wait(WAIT_SECONDS) == 1
        block_until(lambda: seen.read_text().count("SystemError: ") == len(writers))
    finally:
        follower.kill()
        follower.wait()
    lines = written(tmp_path)
    for name in ("one", "two"):
        assert numbers(lines, name) == list(range(count))
        assert sum(f"SystemError: {name}" in line for line in lines) == 1
        assert sum(f"plain {name}" in line for line in lines) == count // 100
    logs = sorted(tmp_path.glob("role*.log"))
    assert len(logs) > 3
    assert all(one.stat().st_size < 120_000 for one in logs)


def test_only_so_many_older_logs_stay(tmp_path: Path) -> None:
    log = tmp_path / "role.log"
    assert start(log, "one", 1_000, 20_000, 2).wait(WAIT_SECONDS) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        *("role.1.log", "role.2.log", "role.log"),
    ]
    lines = written(tmp_path)
    newest = numbers(lines, "one")
    assert newest == list(range(newest[0], 1_000))


def test_no_older_log_stays_where_none_is_wanted(tmp_path: Path) -> None:
    log = tmp_path / "role.log"
    assert start(log, "one", 1_000, 20_000, 0).wait(WAIT_SECONDS) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["role.log"]


def test_a_log_that_somebody_removed_is_begun_again(tmp_path: Path) -> None:
    """Given a log that logrotate, or a person, takes away while the process writes."""
    log = tmp_path / "role.log"
    writer = start(log, "one", 20_000, 10**9, 1)
    block_until(lambda: log.stat().st_size)
    log.rename(tmp_path / "role.old.log")
    assert writer.wait(WAIT_SECONDS) == 1
    assert numbers(written(tmp_path), "one") == list(range(20_000))
    assert log.stat().st_size


def test_a_servers_log_is_emptied_when_it_is_full(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    limits = LogLimits(max_bytes=100, kept_files=2)
    with log.open("a", buffering=1) as server:
        for number in range(3):
            server.write("x" * 99 + "\n")
            trim(log, limits)
            server.write(f"after {number}\n")
            trim(log, limits)
    assert log.read_text() == "after 2\n"
    assert (tmp_path / "postgres.1.log").read_text() == "after 1\n" + "x" * 99 + "\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        *("postgres.1.log", "postgres.2.log", "postgres.log"),
    ]


def test_a_log_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    trim(tmp_path / "none.log", LogLimits())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limits", [LogLimits(max_bytes=100, kept_files=0)])
def test_a_servers_log_may_be_kept_nowhere(tmp_path: Path, limits: LogLimits) -> None:
    log = tmp_path / "nats.log"
    log.write_bytes(b"x" * 100)
    trim(log, limits)
    assert [one.name for one in tmp_path.iterdir()] == ["nats.log"]
    assert log.stat().st_size == 0
