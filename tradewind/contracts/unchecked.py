"""The one place where models are made from values that are known to be right, without validation.

Validating costs many times what the rest of folding does. Two places may skip it: the builders of
read models, whose values come from validated events, and the ledger's parser of bytes that a hash
proves to be validated ones. import-linter keeps everybody else out.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from pydantic import BaseModel

_set_attribute = object.__setattr__


def build_unchecked[M: BaseModel](model: type[M], values: dict[str, Any]) -> M:
    """Return a model with exactly these fields, in this order; the dictionary becomes its own.

    Like `model_construct` with every field given, which looks for aliases and defaults first.
    """
    made = model.__new__(model)
    _set_attribute(made, "__dict__", values)
    _set_attribute(made, "__pydantic_fields_set__", set())
    _set_attribute(made, "__pydantic_extra__", None)
    _set_attribute(made, "__pydantic_private__", None)
    return made


def builder[**P, M: BaseModel](model: Callable[P, M]) -> Callable[P, M]:
    """Return the constructor of a model without its checks; mypy checks its arguments the same.

    The JSON of a model follows the order of its values, so the fields' order is given to them.
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
    """Return a frozen model with other values, like `model_copy`."""
    return build_unchecked(type(model), {**model.__dict__, **updates})


def update_in_place[M: BaseModel](model: M, updates: Mapping[str, object]) -> M:
    """Return the model itself with other values: only for one nobody else has seen."""
    model.__dict__.update(updates)
    return model


class Change(Protocol):
    """Gives a document other values: `copy_unchecked`, or `update_in_place` where it stands."""

    def __call__[M: BaseModel](self, model: M, updates: Mapping[str, object]) -> M: ...
