"""Describes this interface to programs."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation
from gateway.openapi.document import openapi_document

DISTRIBUTION: Final = "tradewind"


def with_description(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return operations and the one that describes them and itself."""

    async def show_openapi(request: Request) -> Response:
        """GET /openapi.json: this interface as an OpenAPI 3.1 document."""
        require_accepts(request, JSON)
        return Response(body, media_type=JSON)

    describing = Operation(
        "GET", "/openapi.json", show_openapi, tag="platform", scope=None, answer=dict[str, Any]
    )
    described = (*operations, describing)
    body = orjson.dumps(openapi_document(described, version(DISTRIBUTION)))
    return described
