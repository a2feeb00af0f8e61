"""Draws an explanation on a terminal: a line an event, with a bar from its cause to it."""

import textwrap
from typing import Final

import click

from tradewind.contracts.execution.payloads import ExecutionCompleted, ExecutionFailed
from tradewind.contracts.registry import terminal_topics
from tradewind.operations.cli.explanation import Explanation, Hop, Told
from tradewind.operations.cli.tables import printable, terminal_columns
from tradewind.operations.cli.times import show_time

BAR_COLUMNS: Final = 24
TIME_COLUMNS: Final = 8
LEAST_TEXT_COLUMNS: Final = 44
"""Where there are fewer for what an event says, it goes below the event."""
PLAIN_COLUMNS: Final = 0
FULL: Final = "█"
INSTANT: Final = "▏"
COLOURS: Final = ("cyan", "blue", "magenta", "yellow", "green", "bright_blue", "bright_magenta")
BELOW_INDENT: Final = 4


def print_explanation(explanation: Explanation) -> None:
    """Print every history, the one that began first on top."""
    painter = _Painter(explanation)
    for number, told in enumerate(explanation.histories):
        if number:
            click.echo()
        painter.print(told)
    if explanation.is_truncated:
        click.echo("\nThere is more than is shown: histories that this one leads to are left out.")


class _Painter:
    """Knows the widths and the scale that all histories share."""

    def __init__(self, explanation: Explanation) -> None:
        hops = [hop for told in explanation.histories for hop in told.hops]
        self._span_ms = explanation.span_ms or 1.0
        self._roles = list(dict.fromkeys(hop.event.producer for hop in hops))
        self._role_columns = max(len(role) for role in self._roles)
        self._topic_columns = max(len(hop.event.topic) for hop in hops)
        left = 2 * TIME_COLUMNS + BAR_COLUMNS + self._role_columns + self._topic_columns + 10
        room = terminal_columns() - left
        self._is_below = terminal_columns() > 0 and room < LEAST_TEXT_COLUMNS
        self._indent = BELOW_INDENT if self._is_below else left
        self._room = terminal_columns() - self._indent if terminal_columns() else PLAIN_COLUMNS

    def print(self, told: Told) -> None:
        """Print a history with its heading."""
        since = show_time(told.hops[0].event.timestamp)
        click.echo(f"{click.style(told.correlation_id, bold=True)}  {told.outcome}, from {since}")
        if told.caused_by:
            click.echo(f"caused by {told.caused_by}")
        headings = f"{'after':>{TIME_COLUMNS}}  {'hop':>{TIME_COLUMNS}}  {'':{BAR_COLUMNS}}  "
        click.echo(click.style(f"{headings}{'by':{self._role_columns}}  event", dim=True))
        for hop in told.hops:
            self._print_hop(hop)

    def _print_hop(self, hop: Hop) -> None:
        event = hop.event
        role = event.producer.ljust(self._role_columns)
        topic = event.topic.ljust(self._topic_columns)
        start = "  ".join(
            (
                duration(hop.offset_ms).rjust(TIME_COLUMNS),
                duration(hop.hop_ms).rjust(TIME_COLUMNS),
                click.style(self._bar(hop), fg=self._colour(event.producer)),
                click.style(role, fg=self._colour(event.producer)),
                click.style(topic, fg=topic_colour(event.topic)),
            )
        )
        said = [hop.words, *(f"read {one}" for one in hop.read)]
        said += [f"began {one}" for one in hop.caused]
        said += hop.linked
        lines = [line for part in said if part for line in self._folded(printable(part))]
        if self._is_below:
            click.echo(start.rstrip())
        else:
            click.echo(f"{start}  {lines.pop(0) if lines else ''}".rstrip())
        for line in lines:
            quiet = click.style(line, dim=line.startswith(("read ", "limits")))
            click.echo(f"{'':{self._indent}}{quiet}")

    def _folded(self, text: str) -> list[str]:
        if not self._room:
            return [text]
        folded = textwrap.wrap(text, self._room, break_long_words=False, break_on_hyphens=False)
        return [folded[0], *(f"  {line}" for line in folded[1:])]

    def _bar(self, hop: Hop) -> str:
        """Return a bar from the cause's time to the event's."""
        end = _place(hop.offset_ms, self._span_ms)
        start = _place(hop.offset_ms - (hop.hop_ms or 0.0), self._span_ms)
        if end <= start:
            return f"{'':{min(start, BAR_COLUMNS - 1)}}{INSTANT}".ljust(BAR_COLUMNS)
        return f"{'':{start}}{FULL * (end - start)}".ljust(BAR_COLUMNS)

    def _colour(self, role: str) -> str:
        return COLOURS[self._roles.index(role) % len(COLOURS)]


def _place(at_ms: float, span_ms: float) -> int:
    share = min(1.0, max(0.0, at_ms / span_ms))
    return round(share * BAR_COLUMNS)


def duration(milliseconds: float | None) -> str:
    """Return a time as people read it; events are dated to the millisecond."""
    if milliseconds is None:
        return ""
    if abs(milliseconds) < 10_000:
        return f"{milliseconds:,.0f} ms"
    return f"{milliseconds / 1_000:,.1f} s"


def topic_colour(topic: str) -> str | None:
    """Return green for what went well, red or yellow for other ends, none for what goes on."""
    if topic == ExecutionCompleted.topic:
        return "green"
    if topic == ExecutionFailed.topic:
        return "red"
    return "yellow" if topic in terminal_topics() else None
