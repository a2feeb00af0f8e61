"""Describes this interface, to programs and to people."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gateway.http.common_parameters import path_parameter
from gateway.http.media_types import HTML, JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation
from gateway.http.problems import Problem, ProblemCode
from gateway.openapi.docs_page import CONTENT_SECURITY_POLICY, FILES, docs_page
from gateway.openapi.document import openapi_document
from tradewind import __version__


async def show_docs_file(request: Request) -> Response:
    """GET /docs/{name}: a file that the page of the interface loads."""
    path, media_type = FILES.get(request.path_params["name"], (None, ""))
    if path is None or not path.exists():
        raise Problem(ProblemCode.NOT_FOUND, "the page has no such file")
    return FileResponse(path, media_type=media_type)


class Description:
    """The OpenAPI document of operations, made when it is first asked for.

    It takes a quarter of what all else takes a gateway to start.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = operations
        self._lock = Lock()
        self._made: tuple[Mapping[str, Any], bytes] | None = None

    def document(self) -> Mapping[str, Any]:
        """Return the document."""
        return self._both()[0]

    def written(self) -> bytes:
        """Return the document as JSON."""
        return self._both()[1]

    def _both(self) -> tuple[Mapping[str, Any], bytes]:
        with self._lock:
            if self._made is None:
                document = openapi_document(self._operations, __version__)
                self._made = document, orjson.dumps(document)
            return self._made


def with_description(
    operations: Sequence[Operation],
) -> tuple[Sequence[Operation], Description]:
    """Return operations and those that describe them and themselves, and the description."""

    async def show_openapi(request: Request) -> Response:
        """GET /openapi.json: this interface as an OpenAPI 3.1 document."""
        require_accepts(request, JSON)
        return Response(await to_thread(description.written), media_type=JSON)

    async def show_docs(request: Request) -> Response:
        """GET /docs: this interface for people, who can try it there."""
        require_accepts(request, HTML)
        headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
        page = docs_page(await to_thread(description.document))
        return Response(page, headers=headers, media_type=HTML)

    described = (
        *operations,
        Operation(
            "GET", "/openapi.json", show_openapi, tag="platform", scope=None, answer=dict[str, Any]
        ),
        Operation(
            "GET", "/docs", show_docs, tag="platform", scope=None, answer=str, media_type=HTML
        ),
        Operation(
            "GET",
            "/docs/{name}",
            show_docs_file,
            tag="platform",
            scope=None,
            answer=str,
            media_type="text/css",
            parameters=[path_parameter("name", str, "The file's name.")],
            problems=[ProblemCode.NOT_FOUND],
        ),
    )
    description = Description(described)
    return described, description
