"""What a code means to who meets it."""

from typing import NamedTuple


class Explanation(NamedTuple):
    """Two sentences: what is the case, and what to do about it."""

    sentence: str
    advice: str
