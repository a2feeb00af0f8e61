"""Construction of Pydantic models without validation, from values that are known to be valid.

Validating costs many times what the rest of a fold does. Four places may skip it: the builders of
read models, whose values come from validated events, the ledger's parser of rows whose hash proves
that they were validated, observations, whose values come from validated snapshots, and a pool at
another state, which the router has held against the pool's ticks.
import-linter forbids this module to all others.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from pydantic import BaseModel

_set_attribute = object.__setattr__


def build_unchecked[M: BaseModel](model: type[M], values: dict[str, Any]) -> M:
    """Return a model with exactly these fields, in this order; the model takes the dictionary over.

    It does what `model_construct` does with every field given, but without that one's search for
    aliases and defaults, which costs more than the rest.
    """
    made = model.__new__(model)
    _set_attribute(made, "__dict__", values)
    _set_attribute(made, "__pydantic_fields_set__", set())
    _set_attribute(made, "__pydantic_extra__", None)
    _set_attribute(made, "__pydantic_private__", None)
    return made


def builder[**P, M: BaseModel](model: Callable[P, M]) -> Callable[P, M]:
    """Return a constructor of a model that skips validation; mypy still checks its arguments.

    The JSON of a model follows the order of its `__dict__`, so values get the fields' order.
    """
    built = cast(type[M], model)
    values_in_order: dict[str, Any] = {
        name: None if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in built.model_fields.items()
    }

    def build(*_: P.args, **values: P.kwargs) -> M:
        return build_unchecked(built, values_in_order | values)

    return build


def copy_unchecked[M: BaseModel](model: M, updates: Mapping[str, object]) -> M:
    """Return a copy of a frozen model with other values, as `model_copy` does."""
    return build_unchecked(type(model), {**model.__dict__, **updates})


def update_in_place[M: BaseModel](model: M, updates: Mapping[str, object]) -> M:
    """Change a frozen model and return it; only safe while no other code refers to it."""
    model.__dict__.update(updates)
    return model


class Change(Protocol):
    """How a fold changes a document: `copy_unchecked`, or `update_in_place` for one of its own."""

    def __call__[M: BaseModel](self, model: M, updates: Mapping[str, object]) -> M: ...
