"""Says in this interface's words what the validation has against a field."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

from gateway.http.one_line import ONE_LINE_PATTERN

_MESSAGES: Final[Mapping[str, str]] = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "tuple_type": "must be an array",
    "list_type": "must be an array",
    "string_type": "must be a string",
    "int_type": "must be an integer",
    "bool_type": "must be true or false",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} items",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "union_tag_not_found": "is required",
    "union_tag_invalid": "must be one of {expected_tags}",
}
_PATTERNS: Final[Mapping[str, str]] = {
    "^[A-Za-z0-9][A-Za-z0-9_-]*$": "letters, digits, - or _, the first a letter or digit",
    "^[A-Za-z0-9]+$": "letters and digits",
    "^[a-z][a-z0-9_]*$": "lower-case letters, digits or _, the first a letter",
    ONE_LINE_PATTERN: "one line, without characters that control how a text is shown",
}
"""What a text of a pattern consists of. A pattern that is not here is shown as it is."""


def message_of(detail: ErrorDetails) -> str:
    """Return what is wrong with the field of an error."""
    context = detail.get("ctx", {})
    if detail["type"] == "string_pattern_mismatch":
        pattern = context["pattern"]
        return f"must be {_PATTERNS[pattern]}" if pattern in _PATTERNS else f"must match {pattern}"
    if (message := _MESSAGES.get(detail["type"])) is not None:
        return _singular(message.format_map(context))
    return detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be")


def path_of(detail: ErrorDetails) -> tuple[str | int, ...]:
    """Return where the error's field is; that of a union is the field that chooses."""
    path = detail["loc"]
    if detail["type"].startswith("union_tag_"):
        return (*path, str(detail["ctx"]["discriminator"]).strip("'"))
    return path


def without_followers(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return the errors without arrays that are too short only because an item is wrong."""
    return [
        one
        for one in details
        if one["type"] != "too_short" or not any(_is_inside(other, one) for other in details)
    ]


def _is_inside(inner: ErrorDetails, outer: ErrorDetails) -> bool:
    depth = len(outer["loc"])
    return len(inner["loc"]) > depth and inner["loc"][:depth] == outer["loc"]


def _singular(message: str) -> str:
    words = message.split(" ")
    return message.removesuffix("s") if words[-2:-1] == ["1"] else message


def limit_of(context: Mapping[str, Any]) -> int | float | str | None:
    """Return the bound that was broken, where there is one."""
    for name in ("le", "lt", "ge", "gt", "max_length", "min_length"):
        limit = context.get(name)
        if isinstance(limit, int | float | str):
            return limit
    return None
