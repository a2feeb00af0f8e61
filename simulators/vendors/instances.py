"""Answers a JSON schema: a document that fits it, always the same for the same question."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

type Schema = dict[str, Any]

MAX_REASONS: Final = 3
FIXED: Final[dict[str, Any]] = {
    "note": "A simulator said so: equal questions have equal answers.",
    "type": "market",
    "stop_method": "atr",
    "stop_level": None,
    "trail_pct": None,
}
"""What makes sense for any signal, by the name of its field."""
RANGES: Final = {
    "confidence_pct": (50, 95),
    "offset_bps": (0, 25),
    "atr_multiple": (1, 3),
    "size_pct": (5, 20),
}


def instance_of(schema: Schema, question: str) -> dict[str, Any]:
    """Return a document of a schema whose root is an object, in the order of its keys.

    Where a word has to be chosen, those that the question names come first: a question tells which
    decisions are allowed.
    """
    dice = _throws(question)
    document: dict[str, Any] = _instance("", schema, question, dice)
    return document


def _throws(question: str) -> Iterator[int]:
    seed = hashlib.sha256(question.encode("utf-8", "surrogatepass")).digest()
    while True:
        yield from seed
        seed = hashlib.sha256(seed).digest()


def _instance(name: str, schema: Schema, question: str, dice: Iterator[int]) -> Any:
    if "properties" in schema:
        parts = schema["properties"].items()
        return {key: _instance(key, part, question, dice) for key, part in parts}
    if name in FIXED:
        return FIXED[name]
    if "enum" in schema:
        words = schema["enum"]
        named = [word for word in words if re.search(rf"\b{re.escape(str(word))}\b", question)]
        return _pick(named or words, dice)
    if schema.get("type") == "array":
        count = 1 + next(dice) % MAX_REASONS
        items = (_instance("", schema["items"], question, dice) for _ in range(count))
        return list(dict.fromkeys(items))
    if schema.get("type") == "string":
        return ""
    low, high = RANGES.get(name, (0, 100))
    return low + next(dice) % (high - low + 1)


def _pick(words: list[Any], dice: Iterator[int]) -> Any:
    return words[next(dice) % len(words)]
