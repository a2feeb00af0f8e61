"""Reads what a client asks, by each protocol, as strictly as the vendor does."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


class BadRequest(Exception):
    """The vendor would refuse this request; the message is what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a client asks. `model` begins with the mode to answer in."""

    protocol: str
    model: str
    schema: dict[str, Any]
    system: str
    user: str

    @property
    def tokens_in(self) -> int:
        """Return a number as a vendor might count: four characters a token."""
        return (len(self.system) + len(self.user)) // 4 + 1

    @property
    def tokens_cached(self) -> int:
        """Return how many of them were read from the vendor's cache."""
        return len(self.system) // 4


def read_question(protocol: str, body: bytes, headers: Mapping[str, str], model: str) -> Question:
    """Return the question of a request, or raise BadRequest. `model` is the one of the path."""
    try:
        document = json.loads(body)
        question = _READERS[protocol](document, headers, model)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BadRequest(f"{type(error).__name__}: {error}") from None
    _check_strict(question.schema, may_bound=protocol == "openai_compatible")
    return question


def _responses(document: Any, headers: Mapping[str, str], _: str) -> Question:
    _want(headers.get("authorization", "").startswith("Bearer "), "no bearer token")
    _want(document["store"] is False, "this server keeps nothing")
    asked = document["text"]["format"]
    _want(asked["type"] == "json_schema" and asked["strict"] is True, "no strict schema")
    _want(document["max_output_tokens"] >= 16, "max_output_tokens is too small")
    return Question(
        "openai",
        document["model"],
        asked["schema"],
        document["instructions"],
        document["input"],
    )


def _chat(document: Any, headers: Mapping[str, str], _: str) -> Question:
    _want(headers.get("authorization", "").startswith("Bearer "), "no bearer token")
    asked = document["response_format"]
    _want(asked["type"] == "json_schema", "no json_schema")
    system, user = document["messages"]
    _want((system["role"], user["role"]) == ("system", "user"), "roles")
    _want(document["max_tokens"] >= 1, "max_tokens")
    return Question(
        "openai_compatible",
        document["model"],
        asked["json_schema"]["schema"],
        system["content"],
        user["content"],
    )


def _content(document: Any, headers: Mapping[str, str], model: str) -> Question:
    _want(bool(headers.get("x-goog-api-key")), "no key")
    asked = document["generationConfig"]
    _want(asked["responseMimeType"] == "application/json", "no JSON")
    (content,) = document["contents"]
    return Question(
        "google",
        model,
        asked["responseJsonSchema"],
        document["systemInstruction"]["parts"][0]["text"],
        content["parts"][0]["text"],
    )


def _messages(document: Any, headers: Mapping[str, str], _: str) -> Question:
    has_key = bool(headers.get("x-api-key") or headers.get("authorization"))
    _want(has_key and bool(headers.get("anthropic-version")), "no key or no version")
    asked = document["output_config"]["format"]
    _want(asked["type"] == "json_schema", "no json_schema")
    _want(document["max_tokens"] >= 1, "max_tokens")
    (message,) = document["messages"]
    return Question(
        "anthropic", document["model"], asked["schema"], document["system"], message["content"]
    )


_READERS = {
    "openai": _responses,
    "openai_compatible": _chat,
    "google": _content,
    "anthropic": _messages,
}


def _want(holds: bool, what: str) -> None:
    if not holds:
        raise BadRequest(what)


def _check_strict(schema: Any, *, may_bound: bool) -> None:
    """Hold a schema to what the strictest vendor takes: all required, nothing else, no limits.

    A server of one's own `may_bound` how much there is of something.
    """
    for part in _parts(schema):
        _want("type" in part or "anyOf" in part, "a part of the schema has no type")
        _want(not part.keys() & {"minimum", "maximum"}, "a range")
        _want(may_bound or not part.keys() & {"minItems", "maxItems", "maxLength"}, "a limit")
        if "properties" in part:
            _want(part.get("additionalProperties") is False, "additionalProperties")
            _want(set(part["properties"]) == set(part.get("required", ())), "required")


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    _want(isinstance(schema, dict), "the schema is no object")
    yield schema
    for part in schema.get("properties", {}).values():
        yield from _parts(part)
    if "items" in schema:
        yield from _parts(schema["items"])
