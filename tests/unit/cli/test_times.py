"""Every time that the platform prints can be given back to it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import click
import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from structlog.processors import TimeStamper

from tradewind.contracts.wire import format_timestamp, parse_time
from tradewind.operations.cli.history import history
from tradewind.operations.cli.redecide import redecide
from tradewind.operations.cli.times import DURATION, TIME, show_time, time_range_options

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(
    min_value=datetime(1000, 1, 2),
    max_value=datetime(9999, 12, 30),
    timezones=OFFSETS,
)
MICROSECOND, MILLISECOND, SECOND = (timedelta(microseconds=one) for one in (1, 1_000, 1_000_000))
PRINTED: dict[str, tuple[Callable[[datetime], str], timedelta]] = {
    "events and answers of the gateway": (format_timestamp, MILLISECOND),
    "tables": (show_time, SECOND),
    "JSON of commands": (datetime.isoformat, MICROSECOND),
    "exported and replayed events": (
        lambda moment: orjson.loads(orjson.dumps(moment)),
        MICROSECOND,
    ),
    "psql": (lambda moment: f"{moment.astimezone(UTC):%F %T.%f}+00", MICROSECOND),
    "logs of PostgreSQL": (lambda moment: f"{moment.astimezone(UTC):%F %T} UTC", SECOND),
}


def cut(moment: datetime, precision: timedelta) -> datetime:
    """Return the moment with only the digits that are printed."""
    return moment - timedelta(microseconds=moment.microsecond) % precision


@pytest.mark.parametrize(("show", "precision"), PRINTED.values(), ids=PRINTED.keys())
@given(moment=MOMENTS)
def test_what_is_printed_is_accepted_and_means_the_same(
    show: Callable[[datetime], str], precision: timedelta, moment: datetime
) -> None:
    parsed = TIME.convert(show(moment), None, None)

    assert parsed == cut(moment, precision)
    assert parsed.tzinfo is UTC
    assert TIME.convert(show(parsed), None, None) == parsed


def test_the_time_of_a_log_record_is_accepted() -> None:
    stamp = TimeStamper(fmt="iso", utc=True)(None, "info", {})["timestamp"]

    assert parse_time(stamp).isoformat() == stamp.replace("Z", "+00:00")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-28", "2026-11-28T00:00:00+00:00"),
        ("2026-11-28T04:08", "2026-11-28T04:08:00+00:00"),
        ("2026-11-28T04:08:30", "2026-11-28T04:08:30+00:00"),
        ("2026-11-28 04:08:30", "2026-11-28T04:08:30+00:00"),
        ("2026-11-28t04:08:30z", "2026-11-28T04:08:30+00:00"),
        ("2026-11-28T04:08:30,5Z", "2026-11-28T04:08:30.500000+00:00"),
        ("2026-11-28T04:08:30.123456789Z", "2026-11-28T04:08:30.123456+00:00"),
        ("2026-11-28T05:08:30+01:00", "2026-11-28T04:08:30+00:00"),
        ("2026-11-28T05:08:30+0100", "2026-11-28T04:08:30+00:00"),
        ("2026-11-27T23:08:30-05", "2026-11-28T04:08:30+00:00"),
        ("2026-11-28T04:08:30-00:00", "2026-11-28T04:08:30+00:00"),
        (" 2026-11-28T04:08:30Z\n", "2026-11-28T04:08:30+00:00"),
    ],
)
def test_what_people_write_is_accepted(written: str, meant: str) -> None:
    assert parse_time(written).isoformat() == meant


@pytest.mark.parametrize(
    "written",
    [
        *("", "yesterday", "2026", "2026-11", "20261128", "1764302910", "04:08:30", "28.11.2026"),
        *("2026-13-01", "2026-02-30", "2026-11-28T25:00", "2026-11-28T04:08:60Z", "2026-11-28T"),
        *("2026-11-28T04:08:30+25:00", "2026-11-28T04:08:30 CET", "2026-11-28Z+01:00"),
        *("0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00", "２０２６-11-28"),
    ],
)
def test_the_error_names_the_option_and_shows_a_time(written: str) -> None:
    for command, words in ((redecide, []), (history, ["export", "-o", "unused"])):
        result = CliRunner().invoke(command, [*words, "--from", written])
        assert result.exit_code == 2
        message = " ".join(result.output.split())
        assert (
            f"Invalid value for '--from' / '--since': {written!r} is not a time such as" in message
        )


@click.command()
@time_range_options
def show_range(since: datetime | None, until: datetime | None) -> None:
    """Print what a command is given."""
    click.echo(f"{since and show_time(since)}..{until and show_time(until)}")


@pytest.mark.parametrize(
    ("arguments", "given_range"),
    [
        ([], "None..None"),
        (["--from", "2026-11-28"], "2026-11-28T00:00:00Z..None"),
        (["--until", "2026-11-28T04:08:30.925Z"], "None..2026-11-28T04:08:30Z"),
        (
            ["--to", "2026-11-29", "--since", "2026-11-28"],
            "2026-11-28T00:00:00Z..2026-11-29T00:00:00Z",
        ),
    ],
    ids=str,
)
def test_both_names_of_an_option_mean_the_same(arguments: list[str], given_range: str) -> None:
    assert CliRunner().invoke(show_range, arguments).output == f"{given_range}\n"


@pytest.mark.parametrize("until", ["2026-11-28T04:00Z", "2026-11-28T05:00+01:00", "2026-11-27"])
def test_a_range_without_a_moment_in_it_is_refused(until: str) -> None:
    for arguments in (["--from", "2026-11-28T04:00", "--to", until], ["--to", until, "--from"]):
        words = arguments if len(arguments) == 4 else [*arguments, "2026-11-28T04:00"]
        result = CliRunner().invoke(show_range, words)
        assert result.exit_code == 2
        assert "is not later than --from 2026-11-28T04:00:00Z" in result.output


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("99999d", timedelta(days=99_999)),
    ],
)
def test_a_duration_has_one_unit(text: str, length: timedelta) -> None:
    assert DURATION.convert(text, None, None) == length


@pytest.mark.parametrize("text", ["", "0s", "-1h", "30", "1.5h", "1h30m", "100000d", "1w", " 1h"])
def test_what_is_no_duration_is_a_usage_error(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration such as"):
        DURATION.convert(text, None, None)
