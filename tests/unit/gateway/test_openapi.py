"""The description of the interface is whole, and says what the operations do."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.operations import COMMON_PROBLEMS, Operation
from gateway.openapi.docs_page import is_interactive
from gateway.openapi.document import openapi_document
from gateway.openapi.examples import ANSWER_EXAMPLES, REQUEST_EXAMPLES
from gateway.routes.table import OPERATIONS, ROUTES
from tests.unit.gateway.support import GatewayHarness

NAMES = {operation.endpoint.__name__: operation for operation in OPERATIONS}
UNDESCRIBED = {"/stream"}
"""WebSockets, which OpenAPI cannot describe."""


async def document() -> Any:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        answer = await client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


async def test_every_route_is_described() -> None:
    described = (await document())["paths"]
    routed = {
        (route.path_format, method.lower())
        for route in ROUTES
        if isinstance(route, Route) and route.path not in UNDESCRIBED
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert routed == {(path, method) for path, methods in described.items() for method in methods}


async def test_every_problem_of_an_operation_has_an_example() -> None:
    whole = await document()
    for operation in OPERATIONS:
        responses = whole["paths"][operation.path][operation.method.lower()]["responses"]
        for code in (*COMMON_PROBLEMS, *operation.problems):
            shared = responses[str(code.status)]["$ref"].rpartition("/")[2]
            response = whole["components"]["responses"][shared]
            content = response["content"]["application/problem+json"]
            name = content["examples"][code.name]["$ref"].rpartition("/")[2]
            assert whole["components"]["examples"][name]["value"]["code"] == code.name


async def test_every_reference_leads_somewhere() -> None:
    whole = await document()
    text = json.dumps(whole)
    for kind in ("schemas", "responses", "examples"):
        names = {part.partition('"')[0] for part in text.split(f"#/components/{kind}/")[1:]}
        assert names
        assert names <= set(whole["components"][kind])


@pytest.mark.parametrize("name", REQUEST_EXAMPLES)
def test_an_example_of_a_request_is_one(name: str) -> None:
    TypeAdapter(NAMES[name].body).validate_json(json.dumps(REQUEST_EXAMPLES[name]))


@pytest.mark.parametrize("name", ANSWER_EXAMPLES)
def test_an_example_of_an_answer_is_one(name: str) -> None:
    TypeAdapter(NAMES[name].answer).validate_json(json.dumps(ANSWER_EXAMPLES[name]))


def test_names_of_operations_are_unique() -> None:
    assert len(NAMES) == len(OPERATIONS)


@pytest.mark.parametrize("text", [None, "", "Shows it.", "GET /another: shows it."])
def test_an_operation_without_a_description_fails_the_build(text: str | None) -> None:
    async def endpoint(_: Request) -> Response:
        raise AssertionError

    endpoint.__doc__ = text
    undescribed: Operation = replace(OPERATIONS[0], endpoint=endpoint)
    with pytest.raises(ValueError, match="description"):
        openapi_document([undescribed], "1")


@pytest.mark.parametrize("is_installed", [True, False])
async def test_the_page_works_offline(is_installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.openapi.docs_page.is_interactive", lambda: is_installed)
    gateway = GatewayHarness()
    async with gateway.client() as client:
        answer = await client.get("/docs", headers={"Accept": "text/html"})
        loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        found = [(await client.get(path)).status_code for path in loaded]
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert loaded
    assert all(path.startswith("/") for path in loaded)
    assert set(found) <= ({200} if is_interactive() else {200, 404})
    if not is_installed:
        assert "/intents/{intent_id}/events" in answer.text


@pytest.mark.parametrize("name", ["nothing", "..%2Fdocument.py", "package.json"])
async def test_no_other_file_is_served(name: str) -> None:
    gateway = GatewayHarness()
    async with gateway.client() as client:
        assert (await client.get(f"/docs/{name}")).status_code == 404
