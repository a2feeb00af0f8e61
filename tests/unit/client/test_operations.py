"""The client has a method for every operation of the interface, in both of its forms."""

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, get_type_hints

import pytest
from tradewind_client import AsyncClient, Client
from tradewind_client.calls import Call

from gateway.routes.table import OPERATIONS

NOT_FOR_PROGRAMS = {
    "POST /sessions",
    "DELETE /sessions",
    "GET /health",
    "GET /ready",
    "GET /openapi.json",
    "GET /docs",
    "GET /docs/{name}",
    "POST /hooks/tradingview/{token}",
    *(f"{one.method} {one.path}" for one in OPERATIONS if one.path.startswith("/api/v1/")),
}
"""What browsers, probes, charts and people ask for, and second addresses."""
OPERATION_OF_PATH = {
    f"{one.method} {one.path}": re.compile(re.sub(r"{\w+}", "[^/:]+", one.path))
    for one in OPERATIONS
}
OTHERWISE = {"send", "close", "stream", "position"}
"""Methods of a client that ask for nothing of the table."""
SAME_AS = {"since": "from", "until": "to", "symbol": "instrument"}
"""Second names of parameters; a client has one of the two."""
URL = "http://127.0.0.1:9"


class Asked(Exception):
    """Something was asked for."""

    def __init__(self, call: Call[Any]) -> None:
        self.call = call


def argument(kind: Any) -> Any:
    """Return something that a parameter of this type takes."""
    return {str: "x", int: 1, datetime: datetime(2026, 1, 1, tzinfo=UTC)}.get(
        kind, {} if "Mapping" in str(kind) else "x"
    )


def methods_of(client: object) -> Iterator[Callable[..., Any]]:
    """Yield the methods of a client and of what it is made of."""
    parts = [one for name, one in vars(client).items() if not name.startswith("_")]
    for part in (client, *parts):
        for name, method in inspect.getmembers(part, inspect.ismethod):
            if not name.startswith("_") and (part is not client or name not in OTHERWISE):
                yield method


def arguments_of(method: Callable[..., Any]) -> list[Any]:
    hints = get_type_hints(method)
    return [
        argument(hints[name])
        for name, one in inspect.signature(method).parameters.items()
        if one.kind is one.POSITIONAL_OR_KEYWORD and one.default is one.empty
    ]


def operation_of(call: Call[Any]) -> str:
    """Return the operation that a call asks for: a path with most of its own words."""
    found = [
        name
        for name, pattern in OPERATION_OF_PATH.items()
        if name.startswith(f"{call.method} ") and pattern.fullmatch(call.path)
    ]
    return min(found, key=lambda name: name.count("{"))


def closing_needs(method: Callable[..., Any]) -> dict[str, Any]:
    """Return the keywords without which a method cannot be called."""
    hints = get_type_hints(method)
    return {
        name: argument(hints[name])
        for name, one in inspect.signature(method).parameters.items()
        if one.kind is one.KEYWORD_ONLY and one.default is one.empty
    }


def ask(method: Callable[..., Any]) -> None:
    answer = method(*arguments_of(method), **closing_needs(method))
    if isinstance(answer, Iterator):
        next(answer)


async def ask_and_await(method: Callable[..., Any]) -> None:
    answer = method(*arguments_of(method), **closing_needs(method))
    await (anext(answer) if isinstance(answer, AsyncIterator) else answer)


type Known = dict[str, set[str]]
"""The parameters of queries that a client can send, by operation."""


def note(known: Known, call: Call[Any]) -> None:
    known.setdefault(operation_of(call), set()).update(call.query)


def asked_by_waiting(client: Client) -> Known:
    def send(call: Call[Any]) -> Any:
        raise Asked(call)

    object.__setattr__(client, "send", send)
    found: Known = {}
    for method in methods_of(client):
        with pytest.raises(Asked) as asked:
            ask(method)
        note(found, asked.value.call)
    return found


async def asked_by_awaiting(client: AsyncClient) -> Known:
    async def send(call: Call[Any]) -> Any:
        raise Asked(call)

    object.__setattr__(client, "send", send)
    found: Known = {}
    for method in methods_of(client):
        with pytest.raises(Asked) as asked:
            await ask_and_await(method)
        note(found, asked.value.call)
    return found


def parameters_of_queries() -> Known:
    """Return what the interface's queries may hold, without pages, by one name of each."""
    return {
        f"{one.method} {one.path}": {
            SAME_AS.get(its.name, its.name) for its in one.parameters if its.where == "query"
        }
        - {"limit"}
        for one in OPERATIONS
    }


def one_name_each(known: Known) -> Known:
    return {
        name: {SAME_AS.get(one, one) for one in queries} - {"limit"}
        for name, queries in known.items()
    }


def test_every_operation_has_a_method_with_all_its_filters_in_both_clients() -> None:
    expected = parameters_of_queries()
    for name in [*NOT_FOR_PROGRAMS, "POST /stream-tickets"]:
        expected.pop(name, None)
    with Client(URL) as client:
        assert one_name_each(asked_by_waiting(client)) == expected

    async def awaiting() -> Known:
        async with AsyncClient(URL) as other:
            return await asked_by_awaiting(other)

    assert one_name_each(asyncio.run(awaiting())) == expected
