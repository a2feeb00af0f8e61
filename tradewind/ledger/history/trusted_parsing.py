"""Parses recorded events without validation, where their hash proves that they were validated.

An event was validated before it was appended. Serialising the columns of its row in the order of
the models gives its bytes again; if they have the recorded hash, they are the bytes that were
validated, and the event is built unchecked. An error in this module gives another hash, and the
caller then validates. That makes it safe, and it is several times faster than validating.
"""

import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Final, Literal, NamedTuple, NoReturn, Union, get_args, get_origin

from pydantic import BaseModel, PlainSerializer

from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.contracts.registry import PAYLOADS
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.unchecked import build_unchecked

REMEMBERED: Final = (Asset, ExecutionStep, Intent)
"""Models that one history repeats: the same JSON again gives the same frozen instance."""
MAX_REMEMBERED: Final = 8
"""JSON objects remembered per model; a history has two assets, one intent and one step."""


class Reading(NamedTuple):
    """A JSON value with its keys in the model's order, and the Python value it stands for."""

    written: Any
    value: Any


type Read = Callable[[Any], Reading]


class Unprovable(TypeError):
    """The field has several possible types, so only validation can tell which one its JSON is."""


def read_payload(topic: str, written: Any) -> Reading:
    """Return a topic's payload as its model serialises it, and the model, built unchecked.

    It raises KeyError, TypeError or ValueError for JSON it cannot read without validating.
    """
    return _reader(PAYLOADS[topic])(written)


def make_event(written: Mapping[str, Any], timestamp: datetime, payload: Any) -> AnyEvent:
    """Return the event of this JSON object, built unchecked."""
    return build_unchecked(
        _event_type(written["topic"]),
        {
            "event_id": written["eventId"],
            "timestamp": timestamp,
            "topic": written["topic"],
            "correlation_id": written["correlationId"],
            "causation_id": written["causationId"],
            "sequence": written["sequence"],
            "key": build_unchecked(EventKey, written["key"]),
            "producer": written["producer"],
            "payload": payload,
            "version": written["version"],
        },
    )


@cache
def _event_type(topic: str) -> type[AnyEvent]:
    payload: Any = PAYLOADS[topic]
    return Event[payload]


@cache
def _reader(model: type[BaseModel]) -> Read:
    keys = {field.serialization_alias or name: name for name, field in model.model_fields.items()}
    nested: list[tuple[str, str, Read]] = []
    scalars: list[tuple[str, str, Callable[[Any], Any]]] = []
    for (key, name), field in zip(keys.items(), model.model_fields.values(), strict=True):
        convert, is_nested = _conversion(field.annotation, field.metadata)
        if convert is not None:
            (nested if is_nested else scalars).append((key, name, convert))
    defaults = {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if not field.is_required()
    }

    def read(written: Any) -> Reading:
        ordered = {key: written[key] for key in keys if key in written}
        if len(ordered) != len(written):
            raise KeyError("a key no such model writes")
        values = {
            name: ordered[key] if key in ordered else defaults[name] for key, name in keys.items()
        }
        for key, name, convert in scalars:
            if key in ordered:
                values[name] = convert(ordered[key])
        for key, name, read_nested in nested:
            if key in ordered:
                ordered[key], values[name] = read_nested(ordered[key])
        return Reading(ordered, build_unchecked(model, values))

    return _remembering(read) if model in REMEMBERED else read


def _remembering(read: Read) -> Read:
    seen: list[tuple[Any, Reading]] = []

    def remember(written: Any) -> Reading:
        for known, reading in seen:
            if known == written:
                return reading
        reading = read(written)
        seen.insert(0, (written, reading))
        del seen[MAX_REMEMBERED:]
        return reading

    return remember


def _conversion(hint: Any, metadata: Any) -> tuple[Any, bool]:
    """Return how to convert the JSON of a type, and whether that has keys to put in order.

    The conversion is None for a type whose JSON is the value itself.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _conversion(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return _optional(arguments, metadata)
    if origin is tuple:
        return _sequence(arguments), True
    if origin in (dict, Mapping):
        return _mapping(arguments[1]), True
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _reader(hint), True
    return _scalar(hint, metadata), False


def _optional(arguments: Any, metadata: Any) -> tuple[Any, bool]:
    kinds = [one for one in arguments if one is not type(None)]
    convert, is_nested = _conversion(kinds[0], metadata) if len(kinds) == 1 else _any_of(kinds)
    if convert is None:
        return None, False
    nothing = Reading(None, None) if is_nested else None
    return lambda value: nothing if value is None else convert(value), is_nested


def _any_of(kinds: Any) -> tuple[Any, bool]:
    """Return how to read the JSON of one of several models, which its keys have to tell."""
    if not all(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds):
        return _refuse, True
    readers = [_reader(kind) for kind in kinds]

    def read(written: Any) -> Reading:
        fitting = [reading for reader in readers if (reading := _try(reader, written))]
        return fitting[0] if len(fitting) == 1 else _refuse(written)

    return read, True


def _try(read: Read, written: Any) -> Reading | None:
    try:
        return read(written)
    except (KeyError, TypeError, ValueError):
        return None


def _mapping(values: Any) -> Read:
    """Return how to read an object with any keys, which stand in it as they were written."""
    convert, is_nested = _conversion(values, ())

    def read(written: Any) -> Reading:
        if is_nested:
            items = {key: convert(value) for key, value in written.items()}
            return Reading(
                {key: one.written for key, one in items.items()},
                {key: one.value for key, one in items.items()},
            )
        if convert is None:
            return Reading(written, written)
        return Reading(written, {key: convert(value) for key, value in written.items()})

    return read


def _sequence(arguments: Any) -> Read:
    conversions = {_conversion(one, ()) for one in arguments if one is not ...}
    convert, is_nested = conversions.pop() if len(conversions) == 1 else (_refuse, True)

    def read(written: Any) -> Reading:
        if is_nested:
            items = [convert(one) for one in written]
            return Reading([one.written for one in items], tuple(one.value for one in items))
        return Reading(written, tuple(written if convert is None else map(convert, written)))

    return read


def _scalar(hint: Any, metadata: Any) -> Any:
    if hint is Decimal:
        return Decimal
    if hint is date:
        return date.fromisoformat
    if hint is datetime:
        return datetime.fromisoformat
    if hint is int and any(isinstance(one, PlainSerializer) for one in metadata):
        return int
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hint in (str, int, bool) or get_origin(hint) is Literal:
        return None
    return _refuse


def _refuse(value: Any) -> NoReturn:
    raise Unprovable(f"{type(value).__name__} of several possible types")
