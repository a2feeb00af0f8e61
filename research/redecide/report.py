"""Prints the report: a block or a line of JSON for each difference, and the counts."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson

from research.redecide.decisions import TOPIC, Decision, content_of
from research.redecide.rerun import Difference
from tradewind.contracts.wire import format_timestamp

INDENT: Final = " " * 12
ESSENTIAL: Final = re.compile(r"(?!topic|intentId|planId|strategyId|expiresAt)(steps\[\d+\]\.)?\w+")
"""Fields to print for an event, without those that the head of the block has."""

Print = Callable[[str], None]


@dataclass
class Counts:
    """The number of decisions by result."""

    same: int = 0
    different: int = 0
    not_rerunnable: Counter[str] = field(default_factory=Counter)
    """Decisions that cannot be repeated, by reason."""

    @property
    def rerun(self) -> int:
        """The number of repeated decisions."""
        return self.same + self.different


class Report(Protocol):
    """Receives each decision that differs or cannot be repeated, and the counts at the end."""

    def differs(self, difference: Difference) -> None:
        """Receive a decision that would differ now."""
        ...

    def not_rerunnable(self, decision: Decision, reason: str) -> None:
        """Receive a decision that cannot be repeated."""
        ...

    def finish(self, counts: Counts) -> None:
        """Receive the counts, as the last call."""
        ...


class TextReport:
    """Prints text for people."""

    def __init__(self, echo: Print) -> None:
        self._echo = echo

    def differs(self, difference: Difference) -> None:
        """Print one block."""
        decision, recorded = difference.decision, content_of(difference.decision.recorded)
        first = decision.recorded[0]
        self._echo(first.correlation_id)
        self._echo(
            f"  event     {first.sequence} {first.topic} by {decision.role}, "
            f"{format_timestamp(first.timestamp)}, {first.event_id}"
        )
        self._block("recorded", recorded, difference.now)
        self._block("now", difference.now, recorded)
        self._echo(f"  reason    {difference.reason}\n")

    def not_rerunnable(self, decision: Decision, reason: str) -> None:
        """Print nothing, because the counts show the reasons."""

    def finish(self, counts: Counts) -> None:
        """Print the counts."""
        missing = counts.not_rerunnable.total()
        self._echo(
            f"{counts.rerun} decisions run again: {counts.same} same, "
            f"{counts.different} different; {missing} not re-runnable"
        )
        for reason, count in sorted(counts.not_rerunnable.items()):
            self._echo(f"  {count} {reason}")

    def _block(
        self, title: str, events: list[dict[str, Any]], others: list[dict[str, Any]]
    ) -> None:
        lines = list(_lines(events, others))
        self._echo(f"  {title:<9} {lines[0]}")
        for line in lines[1:]:
            self._echo(f"{INDENT}{line}")


class JsonReport:
    """Prints one JSON document per line for programs, the counts last."""

    def __init__(self, echo: Print) -> None:
        self._echo = echo

    def differs(self, difference: Difference) -> None:
        """Print one line."""
        decision = difference.decision
        self._write(
            _identity("different", decision)
            | {
                "recorded": content_of(decision.recorded),
                "now": difference.now,
                "reason": difference.reason,
            }
        )

    def not_rerunnable(self, decision: Decision, reason: str) -> None:
        """Print one line."""
        self._write(_identity("not_rerunnable", decision) | {"reason": reason})

    def finish(self, counts: Counts) -> None:
        """Print one line."""
        self._write(
            {
                "outcome": "counts",
                "rerun": counts.rerun,
                "same": counts.same,
                "different": counts.different,
                "not_rerunnable": dict(sorted(counts.not_rerunnable.items())),
            }
        )

    def _write(self, document: dict[str, Any]) -> None:
        self._echo(orjson.dumps(document).decode())


def _identity(outcome: str, decision: Decision) -> dict[str, Any]:
    first = decision.recorded[0] if decision.recorded else decision.cause
    return {
        "outcome": outcome,
        "correlation_id": first.correlation_id,
        "event_id": first.event_id,
        "sequence": first.sequence,
        "topic": first.topic,
        "decided_by": decision.role,
        "decided_at": format_timestamp(first.timestamp),
    }


def _lines(events: list[dict[str, Any]], others: list[dict[str, Any]]) -> Iterator[str]:
    """Return a line for each event, with the fields that differ from the other list."""
    for index, event in enumerate(events):
        other = others[index] if index < len(others) else {}
        topic = event.get(TOPIC)
        yield str(topic or "today's code fails")
        if topic == other.get(TOPIC):
            theirs = dict(_leaves(other))
            shown = ((path, one) for path, one in _leaves(event) if theirs.get(path) != one)
        else:
            shown = ((path, one) for path, one in _leaves(event) if ESSENTIAL.fullmatch(path))
        for path, value in shown:
            yield f"  {path} {value}"


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, one in enumerate(value):
            yield from _leaves(one, f"{path}[{index}]")
    else:
        yield path, value
