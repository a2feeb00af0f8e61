"""The ledger gives the keys of a mapping back in an order of its own, and bytes must follow."""

import typing
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, TypeAdapter

from tradewind.contracts.registry import PAYLOAD_TYPES
from tradewind.contracts.wire import IN_STORED_ORDER


def mappings_of(kind: Any, metadata: tuple[Any, ...], seen: set[Any]) -> Iterator[tuple[Any, ...]]:
    """Return what each mapping in a type is annotated with."""
    if typing.get_origin(kind) is Annotated:
        inner, *more = typing.get_args(kind)
        yield from mappings_of(inner, tuple(more), seen)
        return
    if typing.get_origin(kind) is dict:
        yield metadata
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
        seen.add(kind)
        for field in typing.get_type_hints(kind, include_extras=True).values():
            yield from mappings_of(field, (), seen)
    for part in typing.get_args(kind):
        yield from mappings_of(part, (), seen)


def test_every_mapping_in_an_event_is_in_the_order_of_the_ledger() -> None:
    seen: set[Any] = set()
    found = [one for kind in PAYLOAD_TYPES for one in mappings_of(kind, (), seen)]
    assert len(found) >= 4
    assert [one for one in found if IN_STORED_ORDER not in one] == []


@pytest.mark.parametrize("names", [("bb", "a", "ccc"), ("ccc", "bb", "a"), ("Z", "a", "é", "bb")])
def test_the_order_is_by_length_and_then_by_bytes(names: tuple[str, ...]) -> None:
    adapter: TypeAdapter[dict[str, int]] = TypeAdapter(Annotated[dict[str, int], IN_STORED_ORDER])
    ordered = list(adapter.validate_python(dict.fromkeys(names, 1)))
    assert ordered == sorted(names, key=lambda name: (len(name.encode()), name.encode()))
