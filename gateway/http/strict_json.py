"""Reads strict JSON into models, and names what is wrong the way a client does."""

import re

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.http.field_errors import FieldError
from gateway.http.field_messages import limit_of, message_of, path_of, without_followers
from gateway.http.field_paths import format_path
from gateway.http.limits import MAX_FIELD_ERRORS, MAX_JSON_DEPTH
from tradewind.strict_json import Defect, NotStrictJson, read_json

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
        read_json(data, max_depth=MAX_JSON_DEPTH)
    except NotStrictJson as error:
        raise MalformedJson(error.detail, tuple(map(_field_of, error.defects))) from None


def _field_of(defect: Defect) -> FieldError:
    return FieldError(format_path(defect.path), defect.message, defect.limit)


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
