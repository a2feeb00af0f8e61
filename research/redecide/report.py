"""What is printed: a block or a line of JSON per difference, and the counts."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson

from research.redecide.decisions import Decision, content_of
from research.redecide.rerun import Difference
from tradewind.contracts.wire import format_timestamp

INDENT: Final = " " * 12
TOPIC: Final = "topic"
ESSENTIAL: Final = re.compile(r"(?!topic|intentId|planId|strategyId|expiresAt)(steps\[\d+\]\.)?\w+")
"""What an event says that the block above does not: its own fields and those of a step."""

Print = Callable[[str], None]


@dataclass
class Counts:
    """What became of the decisions."""

    same: int = 0
    different: int = 0
    not_rerunnable: Counter[str] = field(default_factory=Counter)
    """By reason."""

    @property
    def rerun(self) -> int:
        """How many were run again."""
        return self.same + self.different


class Report(Protocol):
    """Is told what became of each decision that is not the same, and the counts at the end."""

    def differs(self, difference: Difference) -> None:
        """Take a decision that would be another one."""
        ...

    def not_rerunnable(self, decision: Decision, reason: str) -> None:
        """Take a decision that could not be run again."""
        ...

    def finish(self, counts: Counts) -> None:
        """Take the counts; nothing comes after them."""
        ...


class TextReport:
    """For people."""

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
        """Print nothing: they are counted."""

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
    """For programs: one JSON document per line, the counts last."""

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
    """Return each event with what is not the same in the other list, or what it says at all."""
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
