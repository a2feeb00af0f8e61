"""Describes a regular expression as runs of characters, where it is one."""

import re
from functools import cache
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"(?P<kind>\[\^?(?:\\.|[^\]\\])+\]|\\d|\\\.|[A-Za-z0-9_:-])(?P<count>\{\d+(?:,\d*)?\}|[*+?])?"
)
_PLAIN_CHOICE: Final = re.compile(r"[A-Za-z0-9()|^$]+", re.ASCII)
_COUNTS: Final = {"": (1, 1), "*": (0, None), "+": (1, None), "?": (0, 1)}
_ASCII: Final = [chr(code) for code in range(128)]


class Run(NamedTuple):
    """Characters of a kind, and how many of them follow each other."""

    ascii: int
    """A bit for each ASCII character."""
    others: bool
    """Whether every other character is of the kind."""
    least: int
    most: int | None


@cache
def runs_of(pattern: str) -> tuple[Run, ...] | None:
    """Return the runs a whole text consists of; None for a pattern of another kind.

    Reading run by run takes the most of each. It may refuse what the pattern matches with less, and
    never accepts what the pattern does not match.
    """
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return None
    body, place, runs = pattern[1:-1], 0, []
    while place < len(body):
        token = _TOKEN.match(body, place)
        if token is None:
            return None
        runs.append(_run(token["kind"], token["count"] or ""))
        place = token.end()
    return tuple(runs)


def is_plain_choice(pattern: str) -> bool:
    """Return whether Python and Rust read the pattern alike: it has letters, digits and choices."""
    return _PLAIN_CHOICE.fullmatch(pattern) is not None


def _run(kind: str, count: str) -> Run:
    matches = re.compile(kind, re.ASCII).fullmatch
    mask = sum(1 << code for code, character in enumerate(_ASCII) if matches(character))
    least, most = _COUNTS[count] if count in _COUNTS else _counted(count[1:-1])
    return Run(mask, kind.startswith("[^"), least, most)


def _counted(count: str) -> tuple[int, int | None]:
    least, comma, most = count.partition(",")
    if not comma:
        return int(least), int(least)
    return int(least), int(most) if most else None
