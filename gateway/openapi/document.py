"""Makes the OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1) of the operations.

Nothing in it is written twice: paths, parameters and problems are what the operations enforce,
schemas are what the models check.
"""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from gateway.http.media_types import JSON
from gateway.http.operations import Operation, Parameter
from gateway.http.problems import ProblemCode
from gateway.openapi.examples import ANSWER_EXAMPLES, REQUEST_EXAMPLES
from gateway.openapi.problem_document import ProblemDocument, example_of
from gateway.openapi.problem_responses import ProblemResponses

Json = dict[str, Any]

VERSION: Final = "3.1.1"
REFERENCES: Final = "#/components/schemas/{model}"
DESCRIPTION: Final = (
    "Submit trading intents and follow them to their settled positions. Amounts and prices are "
    "strings, never floats; times are UTC. Every answer that is no success is a problem document "
    "(RFC 9457) with a stable `code`."
)

SECURITY_SCHEMES: Final[Json] = {
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`TW1-ED25519` or `TW1-HMAC-SHA256` with `key`, `ts`, `nonce` and `sig`, "
        "which signs method, path, query and body: docs/contracts/authentication.md.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of kind `bearer`, which may only read.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-tw",
        "description": "A session of `POST /sessions`; `tw` on loopback.",
    },
}
"""How a request shows a key. A gateway on loopback asks for none, unless it is told to."""


def openapi_document(operations: Sequence[Operation], version: str) -> Json:
    """Return the document. ValueError for an operation whose endpoint has no description."""
    schemas, problems = _Schemas(operations), ProblemResponses()
    paths: Json = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(
            operation, schemas, problems
        )
    return {
        "openapi": VERSION,
        "info": {"title": "Tradewind", "version": version, "description": DESCRIPTION},
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in operations)],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "responses": problems.responses,
            "examples": {code.name: {"value": example_of(code)} for code in ProblemCode},
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


class _ClosedMaps(GenerateJsonSchema):
    """Says of maps whose keys have a pattern that no other key is taken."""

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        described = super().dict_schema(schema)
        if "patternProperties" in described:
            described["additionalProperties"] = False
        return described

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Write the default of base units as they are written, which is digits in a string."""
        described = super().default_schema(schema)
        if described.get("type") == "string" and isinstance(described.get("default"), int):
            described["default"] = str(described["default"])
        return described


class _Schemas:
    """The schemas of everything that operations take and answer, each named model once."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        wanted = dict(self._wanted(operations))
        inputs = [
            (key, mode, TypeAdapter(kind).core_schema) for (key, mode), kind in wanted.items()
        ]
        generator = _ClosedMaps(by_alias=True, ref_template=REFERENCES)
        self._schemas, definitions = generator.generate_definitions(inputs)
        self.definitions = dict(sorted(definitions.items()))

    def of(self, kind: Any, mode: JsonSchemaMode) -> Json:
        """Return the schema of a type: a reference where it is a model."""
        return dict(self._schemas[repr(kind), mode])

    @staticmethod
    def _wanted(
        operations: Sequence[Operation],
    ) -> Iterator[tuple[tuple[str, JsonSchemaMode], Any]]:
        yield (repr(ProblemDocument), "serialization"), ProblemDocument
        for operation in operations:
            if operation.answer is not None:
                yield (repr(operation.answer), "serialization"), operation.answer
            for other in (operation.later, operation.known):
                if other is not None:
                    yield (repr(other), "serialization"), other
            if operation.body is not None:
                yield (repr(operation.body), "validation"), operation.body
            for parameter in operation.parameters:
                yield (repr(parameter.schema), "validation"), parameter.schema


def _operation(operation: Operation, schemas: _Schemas, problems: ProblemResponses) -> Json:
    summary, description = _texts(operation)
    document: Json = {
        "operationId": operation.endpoint.__name__,
        "tags": [operation.tag],
        "summary": summary,
        "description": description,
        "responses": _responses(operation, schemas, problems),
    }
    if operation.scope is not None:
        document["x-scope"] = operation.scope.value
        document["security"] = [{name: []} for name in SECURITY_SCHEMES]
    if operation.parameters:
        document["parameters"] = [_parameter(one, schemas) for one in operation.parameters]
    if operation.body is not None:
        content: Json = {"schema": schemas.of(operation.body, "validation")}
        if (example := REQUEST_EXAMPLES.get(operation.endpoint.__name__)) is not None:
            content["example"] = example
        is_required = not operation.is_body_optional
        document["requestBody"] = {"required": is_required, "content": {JSON: content}}
    return document


def _texts(operation: Operation) -> tuple[str, str]:
    """Return the first sentence of an endpoint's docstring, without method and path, and all."""
    text = inspect.getdoc(operation.endpoint)
    if not text:
        raise ValueError(f"{operation.method} {operation.path} has no description")
    prefix = f"{operation.method} {operation.path}: "
    if not text.startswith(prefix):
        raise ValueError(f"the description of {operation.endpoint.__name__} begins with {prefix}")
    text = text.removeprefix(prefix)
    text = text[0].upper() + text[1:]
    return text.partition("\n")[0].rstrip("."), text


def _parameter(parameter: Parameter, schemas: _Schemas) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.is_required,
        "description": parameter.description,
        "schema": schemas.of(parameter.schema, "validation"),
    }


def _responses(operation: Operation, schemas: _Schemas, problems: ProblemResponses) -> Json:
    refused = problems.of(operation)
    if operation.answer is None:
        return {str(operation.status): {"description": "It worked."}} | refused
    content: Json = {"schema": schemas.of(operation.answer, "serialization")}
    if (example := ANSWER_EXAMPLES.get(operation.endpoint.__name__)) is not None:
        content["example"] = example
    success: Json = {"description": "It worked.", "content": {operation.media_type: content}}
    return {str(operation.status): success} | _others(operation, schemas) | refused


def _others(operation: Operation, schemas: _Schemas) -> Json:
    """Return the responses of what may not be done within an answer, or may be done already."""
    others = {
        "200": ("It was there already.", operation.known),
        "202": ("It is under way.", operation.later),
    }
    return {
        status: {
            "description": description,
            "content": {operation.media_type: {"schema": schemas.of(kind, "serialization")}},
        }
        for status, (description, kind) in others.items()
        if kind is not None
    }
