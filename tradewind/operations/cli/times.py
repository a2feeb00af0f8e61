"""Parses times in options, and formats times for people."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from tradewind.contracts.wire import parse_time

EXAMPLES: Final = "2026-11-28T04:08:30.925Z, 2026-11-28T05:08:30+01:00 or 2026-11-28"


class Time(click.ParamType[datetime]):
    """A time, in UTC unless it has an offset. Every form that the platform prints is accepted."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the time in UTC; the usage error shows an example."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_time(value)
        except ValueError:
            self.fail(f"{value!r} is not a time such as {EXAMPLES}", param, ctx)


TIME: Final = Time()


class Duration(click.ParamType[timedelta]):
    """A length of time in one unit, such as 30m."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the length; the usage error shows examples."""
        written = _DURATION.fullmatch(value)
        if written is None:
            self.fail(f"{value!r} is not a duration such as 90s, 30m, 2h or 7d", param, ctx)
        return timedelta(seconds=int(written[1]) * _SECONDS[written[2]])


_DURATION: Final = re.compile(r"([1-9]\d{0,4})([smhd])", re.ASCII)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
DURATION: Final = Duration()


def time_range_options[F: Callable[..., Any]](command: F) -> F:
    """Add the options of a time range to a command, as its arguments `since` and `until`."""
    until = click.option(
        "--to", "--until", "until", type=TIME, help="Recorded before this time.", callback=_later
    )
    since = click.option(
        *("--from", "--since", "since"),
        type=TIME,
        is_eager=True,
        help="Recorded at or after this time; a date is its midnight, UTC.",
    )
    return since(until(command))


def _later(
    context: click.Context, parameter: click.Parameter, until: datetime | None
) -> datetime | None:
    """Refuse an empty range, whose result would look like an empty ledger."""
    since = context.params.get("since")
    if since is not None and until is not None and until <= since:
        raise click.BadParameter(f"is not later than --from {show_time(since)}")
    return until


def show_time(moment: datetime) -> str:
    """Format a time to the second, as one word that every option accepts."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
