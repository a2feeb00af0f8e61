"""Encodes JSON-RPC 2.0 calls, and decodes replies in the order of the calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

type Json = Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None


class Call(NamedTuple):
    """A method and its parameters."""

    method: str
    params: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """The node's error object."""

    code: int
    message: str
    data: Json = None


type Reply = Json | Fault
"""A result, or a fault in its place."""


class InvalidReply(ValueError):
    """The bytes are no reply to these calls; the text says why."""


def encode(calls: Sequence[Call]) -> bytes:
    """Return one request object, or a batch for several calls; ids count from 0."""
    requests = [
        {"jsonrpc": "2.0", "id": number, "method": call.method, "params": call.params}
        for number, call in enumerate(calls)
    ]
    return orjson.dumps(requests[0] if len(requests) == 1 else requests)


def decode(body: bytes, calls: Sequence[Call]) -> list[Reply]:
    """Return one reply per call, in their order; InvalidReply when one is missing."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidReply("not JSON") from None
    if isinstance(document, dict) and (len(calls) == 1 or "error" in document):
        # A node that refuses a whole batch answers with a single error object.
        return [_reply(document)] * len(calls)
    if not isinstance(document, list):
        raise InvalidReply("neither a reply nor a list of replies")
    replies = {item.get("id"): _reply(item) for item in document if isinstance(item, dict)}
    try:
        return [replies[number] for number in range(len(calls))]
    except KeyError:
        raise InvalidReply("a reply of the batch is missing") from None


def _reply(document: dict[str, Any]) -> Reply:
    fault = document.get("error")
    if fault is not None:
        return _fault(fault)
    if "result" not in document:
        raise InvalidReply("neither a result nor an error")
    result: Json = document["result"]
    return result


def _fault(fault: object) -> Fault:
    if not isinstance(fault, dict):
        return Fault(0, str(fault))
    code = fault.get("code")
    return Fault(
        code if isinstance(code, int) else 0, str(fault.get("message", "")), fault.get("data")
    )
