"""Holds a document to the part of JSON Schema that models are asked by, with strict types.

The schema that is asked is the schema that is checked, so the two cannot drift apart. Unlike JSON
Schema, 71.0 is no integer. What it says names fields of the schema only, never what was sent.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

type Schema = dict[str, Any]

ARTICLES: Final = {"object": "an object", "array": "an array", "integer": "an integer"}


def first_error(document: Any, schema: Schema) -> str | None:
    """Return the first thing that is wrong, as `field: what`; None for a document that fits.

    `document` is made of dict, list, str, int, Decimal, bool and None.
    """
    return next(_errors(document, schema, "answer"), None)


def _errors(value: Any, schema: Schema, path: str) -> Iterator[str]:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(IS_OF_TYPE[name](value) for name in types):
        named = " or ".join(ARTICLES.get(name, f"a {name}") for name in types)
        yield f"{path}: must be {named}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path}: must be one of {len(schema['enum'])} words"
    elif isinstance(value, dict):
        yield from _errors_of_object(value, schema, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _errors(item, schema["items"], f"{path}[{index}]")


def _errors_of_object(value: dict[str, Any], schema: Schema, path: str) -> Iterator[str]:
    properties = schema["properties"]
    if unknown := len(value.keys() - properties.keys()):
        yield f"{path}: has {unknown} unknown keys"
    for name in schema["required"]:
        if name not in value:
            yield f"{path}.{name}: is missing"
    for name, item in value.items():
        if name in properties:
            yield from _errors(item, properties[name], f"{path}.{name}")


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


IS_OF_TYPE: Final[dict[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "number": lambda value: _is_integer(value) or isinstance(value, Decimal),
    "null": lambda value: value is None,
}
