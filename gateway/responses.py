"""Answers that are documents."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.bodies import JSON
from gateway.negotiation import require_accepts


def document_response(
    request: Request,
    document: BaseModel | Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a document as JSON; 406 when the client does not accept JSON."""
    require_accepts(request, JSON)
    body = (
        document.model_dump_json().encode()
        if isinstance(document, BaseModel)
        else orjson.dumps(document)
    )
    return Response(body, status, headers, JSON)


def raw_page_response(
    request: Request, items: Sequence[bytes], next_cursor: int | None
) -> Response:
    """Return a page of items that are JSON already."""
    require_accepts(request, JSON)
    cursor = b"null" if next_cursor is None else b"%d" % next_cursor
    body = b'{"items":[' + b",".join(items) + b'],"next_cursor":' + cursor + b"}"
    return Response(body, 200, None, JSON)
