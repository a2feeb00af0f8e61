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
    """The bytes are no reply to these calls; the text says why.

    `fault` is the node's error where it refused a batch as a whole.
    """

    def __init__(self, reason: str, fault: Fault | None = None) -> None:
        super().__init__(reason)
        self.fault = fault


def encode(calls: Sequence[Call]) -> bytes:
    """Return one request object, or a batch for several calls; ids count from 0."""
    requests = [
        {"jsonrpc": "2.0", "id": number, "method": call.method, "params": call.params}
        for number, call in enumerate(calls)
    ]
    return orjson.dumps(requests[0] if len(requests) == 1 else requests)


def decode(body: bytes, calls: Sequence[Call]) -> list[Reply]:
    """Return one reply per call, in their order; InvalidReply when one is missing or is not ours.

    A node that refuses a batch answers with one error, in a list or by itself.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidReply("not JSON") from None
    items = document if isinstance(document, list) else [document]
    if not all(isinstance(item, dict) for item in items):
        raise InvalidReply("neither a reply nor a list of replies")
    if len(items) == 1 < len(calls) and items[0].get("error") is not None:
        fault = _fault(items[0]["error"])
        raise InvalidReply(f"the batch is refused: {fault.message} ({fault.code})", fault)
    replies = _by_number(items, is_single=len(calls) == 1)
    if sorted(replies) != list(range(len(calls))):
        raise InvalidReply("the replies are not those of the calls")
    return [replies[number] for number in range(len(calls))]


def _by_number(items: list[dict[str, Any]], *, is_single: bool) -> dict[int, Reply]:
    """Return the replies by the number of their call."""
    replies: dict[int, Reply] = {}
    for item in items:
        number, reply = item.get("id"), _reply(item)
        if is_single and number is None and isinstance(reply, Fault):
            # A node that could not read the request cannot know its id.
            number = 0
        if type(number) is not int or number in replies:
            raise InvalidReply("a reply has another id than the calls")
        replies[number] = reply
    return replies


def _reply(document: dict[str, Any]) -> Reply:
    fault, result = document.get("error"), document.get("result")
    if fault is not None and result is not None:
        raise InvalidReply("a result and an error at once")
    if fault is not None:
        return _fault(fault)
    if "result" not in document:
        raise InvalidReply("neither a result nor an error")
    return result


def _fault(fault: object) -> Fault:
    if not isinstance(fault, dict):
        return Fault(0, str(fault))
    code = fault.get("code")
    return Fault(
        code if isinstance(code, int) else 0, str(fault.get("message", "")), fault.get("data")
    )
