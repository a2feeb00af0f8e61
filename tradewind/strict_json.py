"""Reads JSON strictly: no key twice, no NaN, no endless number, no deep nesting.

Fractions come as Decimal, exactly as they are written. What is refused is named by its path, so
that whoever asked can say which field is wrong without showing what a stranger sent.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import isinf
from typing import Any, Final, NoReturn

MAX_NUMBER_CHARACTERS: Final = 64
MAX_EXPONENT_DIGITS: Final = 3
MAX_DEFECTS: Final = 20
"""How many refused values one document's error names."""

type JsonPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Defect:
    """A value that is refused: where it stands, why, and the limit it broke if there is one.

    The empty path is the whole document. Keys in a path are those of the document: they are as
    hostile as it is.
    """

    path: JsonPath
    message: str
    limit: int | None = None


class NotStrictJson(ValueError):
    """The bytes are not strict JSON; `defects` are empty where they are no JSON at all."""

    def __init__(self, detail: str, defects: tuple[Defect, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.defects = defects


@dataclass(frozen=True, slots=True)
class _Refused:
    """It takes the place of a refused value in the tree until the path to it is known."""

    message: str
    limit: int | None = None


def read_json(data: bytes, *, max_depth: int) -> Any:
    """Return the one document that `data` holds; NotStrictJson says what is wrong.

    `max_depth` is how many arrays and objects may be inside one another.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotStrictJson(f"is not valid UTF-8 at byte {error.start}") from None
    reader = _Reader()
    try:
        document = reader.read(text)
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        raise NotStrictJson(
            f"is not JSON: {what} at line {error.lineno} column {error.colno}"
        ) from None
    except RecursionError:
        raise _too_deep(max_depth) from None
    if text.count("[") + text.count("{") > max_depth:
        _check_depth(document, max_depth)
    if reader.found_defect:
        _refuse(document)
    return document


def _check_depth(document: Any, max_depth: int) -> None:
    level = list(_containers([document]))
    for _ in range(max_depth):
        level = [item for value in level for item in _containers(value)]
    if level:
        raise _too_deep(max_depth)


def _containers(value: Any) -> Iterable[Any]:
    children = value.values() if isinstance(value, dict) else value
    return (item for item in children if isinstance(item, dict | list))


def _too_deep(max_depth: int) -> NotStrictJson:
    message = "is nested too deeply"
    return NotStrictJson(message, (Defect((), message, max_depth),))


class _Reader:
    def __init__(self) -> None:
        self.found_defect = False

    def read(self, text: str) -> Any:
        return json.loads(
            text,
            object_pairs_hook=self.read_object,
            parse_int=self.read_integer,
            parse_float=self.read_fraction,
            parse_constant=self.read_constant,
        )

    def _refused(self, message: str, limit: int | None = None) -> _Refused:
        self.found_defect = True
        return _Refused(message, limit)

    def read_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(pairs)
        if len(document) != len(pairs):
            for key, count in Counter(key for key, _ in pairs).items():
                if count > 1:
                    document[key] = self._refused("appears more than once")
        return document

    def read_integer(self, digits: str) -> int | _Refused:
        if len(digits) > MAX_NUMBER_CHARACTERS:
            return self._refused("has too many digits", MAX_NUMBER_CHARACTERS)
        return int(digits)

    def read_fraction(self, digits: str) -> Decimal | _Refused:
        if len(digits) > MAX_NUMBER_CHARACTERS:
            return self._refused("has too many digits", MAX_NUMBER_CHARACTERS)
        if isinf(float(digits)):
            return self._refused("is too large for a number")
        # Beyond it Decimal fails, or takes gigabytes to write what took twenty characters to send.
        if len(_exponent_of(digits)) > MAX_EXPONENT_DIGITS:
            return self._refused("has too long an exponent", MAX_EXPONENT_DIGITS)
        return Decimal(digits)

    def read_constant(self, name: str) -> _Refused:
        return self._refused(f"must not be {name}")


def _exponent_of(digits: str) -> str:
    return digits.lower().partition("e")[2].lstrip("+-0")


def _refuse(document: Any) -> NoReturn:
    found = []
    for defect in _find_defects(document, ()):
        found.append(defect)
        if len(found) == MAX_DEFECTS:
            break
    raise NotStrictJson("holds values this interface does not read", tuple(found))


def _find_defects(value: Any, path: JsonPath) -> Iterator[Defect]:
    if isinstance(value, _Refused):
        yield Defect(path, value.message, value.limit)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _find_defects(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _find_defects(item, (*path, index))
