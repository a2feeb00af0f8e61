"""Reads a signal from a request body, and what a chart's alert says of one."""

import json
import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from gateway.http.field_errors import FieldError
from gateway.http.limits import MAX_REQUEST_KEY_CHARACTERS
from gateway.http.strict_json import InvalidDocument, MalformedJson, check_json, parse_model
from tradewind.contracts.payload import is_absent
from tradewind.contracts.signals.model import Signal
from tradewind.contracts.wire import format_timestamp

NOUN: Final = "signal"
KEY_FIELD: Final = "idempotency_key"
_PAIR: Final = re.compile(r"\s*([a-z_]{1,32})\s*[=:]\s*([^\s,;]{1,64})\s*", re.ASCII)
_SEPARATOR: Final = re.compile(r"[\n,;]+|\s{2,}|(?<=[^\s=:])\s+(?=[a-z_]{1,32}\s*[=:])")
MAX_PAIRS: Final = 16

IdempotencyKey = Annotated[
    str, Field(min_length=1, max_length=MAX_REQUEST_KEY_CHARACTERS, pattern=r"^[ -~]+$")
]


class SubmittedSignal(Signal):
    """A signal, as a source sends it."""

    idempotency_key: IdempotencyKey | None = Field(None, exclude_if=is_absent)
    """The same key and the same signal are the same request; the header does the same."""

    def without_key(self) -> Signal:
        """Return the signal itself."""
        return Signal(**{name: getattr(self, name) for name in Signal.model_fields})


def parse_signal(body: bytes) -> SubmittedSignal:
    """Return the signal in a body; MalformedJson or InvalidDocument names what is wrong."""
    return parse_model(SubmittedSignal, body, noun=NOUN)


def parse_alert(body: bytes, source: str, now: datetime) -> tuple[SubmittedSignal, bool]:
    """Return the signal in an alert, and whether it says when it was made.

    An alert is JSON, whatever it calls itself, or lines of `name = value`. Its numbers may be
    numbers, because alerts fill them in without quotes; they are read digit by digit. The source is
    that of the hook, and an alert may leave out both it and its time.
    """
    fields = _alert_fields(body)
    if fields.setdefault("source", source) != source:
        error = FieldError("source", f"must be {source}, or left out: it is the source of the hook")
        raise InvalidDocument(NOUN, (error,))
    is_timed = "ts_utc" in fields
    fields.setdefault("ts_utc", format_timestamp(now))
    return parse_signal(json.dumps(fields).encode()), is_timed


def _alert_fields(body: bytes) -> dict[str, Any]:
    if body.lstrip()[:1] == b"{":
        check_json(body)
        document: dict[str, Any] = json.loads(body, parse_int=str, parse_float=str)
        return document
    try:
        text = body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise MalformedJson("is neither JSON nor lines of name = value") from None
    pairs = [_PAIR.fullmatch(part) for part in _SEPARATOR.split(text, MAX_PAIRS) if part.strip()]
    found = [(pair[1], pair[2]) for pair in pairs if pair is not None]
    if not found or len(found) < len(pairs) or len(dict(found)) < len(found):
        raise MalformedJson("is neither JSON nor lines of name = value, each name once")
    return dict(found)


SignalStatus = Literal["ENQUEUED"]
