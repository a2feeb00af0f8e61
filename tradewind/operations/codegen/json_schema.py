"""Generates JSON Schema (2020-12) of events, requests and documents from their models."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tradewind.contracts.envelope import Event
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.payload import Payload
from tradewind.contracts.registry import PAYLOADS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
REFERENCE_PREFIX = "#/$defs/"


def event_schema() -> Schema:
    """Return one schema that accepts every event, `oneOf` by topic."""
    models = {payload: _event_model(payload) for payload in PAYLOADS.values()}
    definitions = _definitions(list(models.values()))
    for payload, model in models.items():
        definition = definitions.pop(_definition_name(model))
        definition["title"] = f"{payload.__name__}Event"
        definition["description"] = payload.__doc__
        definition["properties"]["topic"] = {"const": payload.topic}
        definition["properties"]["version"] = {"const": payload.version}
        definitions[definition["title"]] = definition
    names = sorted(f"{payload.__name__}Event" for payload in models)
    one_of = [{"$ref": REFERENCE_PREFIX + name} for name in names]
    return {
        "$schema": DIALECT,
        "title": "PlatformEvent",
        "oneOf": one_of,
        "$defs": dict(sorted(definitions.items())),
    }


def document_schema(read_models: Iterable[type[BaseModel]]) -> Schema:
    """Return the schemas of the request body, the pool snapshot and the read models."""
    definitions = _definitions([Intent, PoolSnapshot, *read_models])
    return {"$schema": DIALECT, "title": "Documents", "$defs": dict(sorted(definitions.items()))}


def _event_model(payload: Any) -> type[BaseModel]:
    return Event[payload]


def _definitions(models: list[type[BaseModel]]) -> Schema:
    _, schema = models_json_schema([(model, "serialization") for model in models], by_alias=True)
    definitions: Schema = schema["$defs"]
    definitions.pop(Payload.__name__, None)
    return definitions


def _definition_name(model: type[BaseModel]) -> str:
    return model.__name__.replace("[", "_").replace("]", "_")


def values_of(mapping: Schema) -> Schema | None:
    """Return the schema of a mapping's values, which stands beside the form of its keys if any."""
    by_key = next(iter(mapping.get("patternProperties", {}).values()), None)
    values = by_key or mapping.get("additionalProperties")
    return values if isinstance(values, dict) else None
