"""Derives Hypothesis strategies from the annotations of models."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from hypothesis import assume
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError, WithJsonSchema
from pydantic.fields import FieldInfo

from tests.support.identities import addresses, ulids
from tradewind.contracts.ids import ULID_PATTERN

type Known = Mapping[Any, st.SearchStrategy[Any]]
"""Strategies that are not derived, by type."""

MAX_ITEMS: Final = 2
_ADDRESS: Final = "^0x[0-9a-fA-F]{40}$"
_ULID: Final = f"^{ULID_PATTERN.pattern}$"
_DIGITS: Final = r"^\d{1,78}$"
_POSITIVE: Final = "^(?=.*[1-9])"
_FRACTION: Final = r"^(0(\.\d{1,36})?|1"
_MAX_INTEGER: Final = 10**6
_MAX_TEXT: Final = 40
_BY_PATTERN: Final[Known] = {
    _ADDRESS: addresses,
    _ULID: ulids,
    _DIGITS: st.integers(0, 2**256 - 1),
}


def derive_model(model: type[BaseModel], known: Known) -> st.SearchStrategy[Any]:
    """Return a strategy for valid instances of a model."""
    fields = {name: derive_field(field, known) for name, field in model.model_fields.items()}
    return st.fixed_dictionaries(fields).map(lambda values: _make(model, values))


def derive_field(field: FieldInfo, known: Known) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of a field."""
    return _derive(field.annotation, tuple(field.metadata), known)


def _make(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel | None:
    try:
        return model(**values)
    except ValidationError:
        assume(False)
        return None


def _derive(kind: Any, notes: Sequence[Any], known: Known) -> st.SearchStrategy[Any]:
    kind, notes = _unwrapped(kind, notes)
    if kind in known:
        return known[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return st.one_of(*(_derive(one, notes, known) for one in arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return _derive_tuple(arguments, notes, known)
    if origin in (dict, Mapping):
        key, value = (_derive(one, (), known) for one in arguments)
        return st.dictionaries(key, value, max_size=MAX_ITEMS)
    return _derive_class(kind, notes, known)


def _unwrapped(kind: Any, notes: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
    """Return what an alias or an annotation is about, with all that is noted of it."""
    while True:
        if hasattr(kind, "__value__"):
            kind = kind.__value__
        elif get_origin(kind) is Annotated:
            kind, *more = get_args(kind)
            notes = (*notes, *more)
        else:
            flat: list[Any] = []
            for note in notes:
                flat += note.metadata if isinstance(note, FieldInfo) else [note]
            return kind, flat


def _derive_tuple(
    arguments: Sequence[Any], notes: Sequence[Any], known: Known
) -> st.SearchStrategy[Any]:
    if arguments[-1] is not Ellipsis:
        return st.tuples(*(_derive(one, (), known) for one in arguments))
    least = max((note.min_length for note in notes if isinstance(note, MinLen)), default=0)
    items = _derive(arguments[0], (), known)
    return st.lists(items, min_size=least, max_size=max(least, MAX_ITEMS)).map(tuple)


def _derive_class(kind: Any, notes: Sequence[Any], known: Known) -> st.SearchStrategy[Any]:
    if kind in (None, NoneType):
        return st.none()
    if issubclass(kind, BaseModel):
        return derive_model(kind, known)
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    if kind is bool:
        return st.booleans()
    if kind is datetime:
        years = datetime(2000, 1, 1), datetime(2100, 1, 1)
        return st.datetimes(*years, timezones=st.just(UTC))
    if kind is date:
        return st.dates(date(2000, 1, 1), date(2100, 1, 1))
    if kind is Decimal:
        return _derive_decimal(notes)
    return _derive_by_pattern(kind, notes)


def _derive_decimal(notes: Sequence[Any]) -> st.SearchStrategy[Any]:
    if _pattern_of(notes).startswith(_FRACTION):
        return st.decimals(0, 1, places=4)
    least, most = _bounds(notes, 10**12)
    above = any(isinstance(note, Gt) for note in notes) or _pattern_of(notes).startswith(_POSITIVE)
    smallest = Decimal("0.000001") if above else Decimal(least)
    return st.decimals(smallest, Decimal(most), places=6)


def _bounds(notes: Sequence[Any], most: int) -> tuple[Any, Any]:
    """Return the least and the largest number that is allowed, both included."""
    least: list[Any] = [note.ge for note in notes if isinstance(note, Ge)]
    largest: list[Any] = [note.le for note in notes if isinstance(note, Le)]
    below: list[Any] = [note.lt for note in notes if isinstance(note, Lt)]
    return max(least, default=0), min([*largest, *(one - 1 for one in below)], default=most)


def _pattern_of(notes: Sequence[Any]) -> str:
    """Return the form that the JSON Schema of a value has; empty where it has none."""
    schemas = [note.json_schema or {} for note in notes if isinstance(note, WithJsonSchema)]
    return next((str(one["pattern"]) for one in schemas if "pattern" in one), "")


def _derive_by_pattern(kind: Any, notes: Sequence[Any]) -> st.SearchStrategy[Any]:
    pattern = _pattern_of(notes)
    if pattern in _BY_PATTERN:
        return _BY_PATTERN[pattern]
    if kind is int:
        least, most = _bounds(notes, _MAX_INTEGER)
        return st.integers(least, max(least, most))
    assert kind is str, f"no strategy for {kind}"
    return _derive_text(notes, pattern)


def _derive_text(notes: Sequence[Any], pattern: str) -> st.SearchStrategy[str]:
    patterns = [str(note.pattern) for note in notes if getattr(note, "pattern", None)]
    least = max((note.min_length for note in notes if isinstance(note, MinLen)), default=0)
    longest = min((note.max_length for note in notes if isinstance(note, MaxLen)), default=None)
    for one in (*patterns, pattern):
        if one:
            fitting = st.from_regex(one, fullmatch=True)
            return fitting.filter(lambda text: longest is None or len(text) <= longest)
    return st.text(min_size=least, max_size=min(longest or _MAX_TEXT, _MAX_TEXT))
