"""Reads JSON strictly: no key twice, no NaN, no endless number, no deep nesting."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.http.field_errors import FieldError
from gateway.http.field_messages import limit_of, message_of, path_of, without_followers
from gateway.http.field_paths import WHOLE_DOCUMENT, format_path
from gateway.http.limits import MAX_FIELD_ERRORS, MAX_JSON_DEPTH, MAX_NUMBER_CHARACTERS

_PREFIXED_FIELD = re.compile(r"([a-zA-Z_]{1,64}): (.+)", re.DOTALL)


class MalformedJson(ValueError):
    """The bytes are not the strict JSON this interface reads. Correct the body and send again."""

    def __init__(self, detail: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class InvalidDocument(ValueError):
    """The JSON is well formed, but fields of the `noun` it should be are wrong. Correct them."""

    def __init__(self, noun: str, errors: tuple[FieldError, ...]) -> None:
        super().__init__(f"{len(errors)} invalid fields")
        self.noun = noun
        self.errors = errors


@dataclass(frozen=True)
class _Defect:
    """A value that was refused; it takes the value's place in the tree until its path is known."""

    message: str
    limit: int | None = None


def parse_model[M: BaseModel](model: type[M], data: bytes, *, noun: str) -> M:
    """Return `data` as `model`; MalformedJson or InvalidDocument names what is wrong.

    `noun` is what the answer calls the document: an intent, a message.
    """
    check_json(data)
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise _explain(error, noun) from None


def check_json(data: bytes) -> None:
    """Raise MalformedJson unless `data` is strict JSON."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedJson(f"is not valid UTF-8 at byte {error.start}") from None
    reader = _Reader()
    try:
        document = reader.read(text)
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        raise MalformedJson(
            f"is not JSON: {what} at line {error.lineno} column {error.colno}"
        ) from None
    except RecursionError:
        raise _too_deep() from None
    if text.count("[") + text.count("{") > MAX_JSON_DEPTH:
        _check_depth(document)
    if reader.found_defect:
        _refuse(document)


def _check_depth(document: Any) -> None:
    level = [document]
    for _ in range(MAX_JSON_DEPTH + 1):
        level = [item for value in level for item in _children(value)]
    if level:
        raise _too_deep()


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep() -> MalformedJson:
    error = FieldError(WHOLE_DOCUMENT, "is nested too deeply", MAX_JSON_DEPTH)
    return MalformedJson("is nested too deeply", (error,))


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

    def _defect(self, message: str, limit: int | None = None) -> _Defect:
        self.found_defect = True
        return _Defect(message, limit)

    def read_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(pairs)
        if len(document) != len(pairs):
            for key, count in Counter(key for key, _ in pairs).items():
                if count > 1:
                    document[key] = self._defect("appears more than once")
        return document

    def read_integer(self, digits: str) -> int | _Defect:
        if len(digits) > MAX_NUMBER_CHARACTERS:
            return self._defect("has too many digits", MAX_NUMBER_CHARACTERS)
        return int(digits)

    def read_fraction(self, digits: str) -> float | _Defect:
        if len(digits) > MAX_NUMBER_CHARACTERS:
            return self._defect("has too many digits", MAX_NUMBER_CHARACTERS)
        number = float(digits)
        if number in (float("inf"), float("-inf")):
            return self._defect("is too large for a number")
        return number

    def read_constant(self, name: str) -> _Defect:
        return self._defect(f"must not be {name}")


def _refuse(document: Any) -> NoReturn:
    found = []
    for error in _find_defects(document, []):
        found.append(error)
        if len(found) == MAX_FIELD_ERRORS:
            break
    raise MalformedJson("holds values this interface does not read", tuple(found))


def _find_defects(value: Any, path: list[str | int]) -> Iterator[FieldError]:
    if isinstance(value, _Defect):
        yield FieldError(format_path(path), value.message, value.limit)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _find_defects(item, [*path, key])
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _find_defects(item, [*path, index])


def _explain(error: ValidationError, noun: str) -> MalformedJson | InvalidDocument:
    details = error.errors(include_url=False, include_input=False)
    if details[0]["type"] == "json_invalid":
        return MalformedJson("is not JSON: a string holds an invalid escape")
    details = without_followers(details[:MAX_FIELD_ERRORS])
    return InvalidDocument(noun, tuple(_field_error(detail) for detail in details))


def _field_error(detail: ErrorDetails) -> FieldError:
    message, path = message_of(detail), path_of(detail)
    prefixed = _PREFIXED_FIELD.fullmatch(message)
    if prefixed and detail["type"] == "value_error" and not path:
        path, message = (prefixed[1],), prefixed[2]
    return FieldError(format_path(path), message, limit_of(detail.get("ctx", {})))
