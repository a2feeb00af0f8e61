"""Makes the answers that are documents."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts

REPLAYED: Final = {"Idempotency-Replayed": "true"}
"""Marks the answer to a request that was sent before with the same Idempotency-Key."""

Document = BaseModel | Mapping[str, Any]


def document_response(request: Request, document: Document, *, status: int = 200) -> Response:
    """Return a document as JSON; 406 when the client does not accept JSON."""
    require_accepts(request, JSON)
    return Response(_to_json(document), status, None, JSON)


def created_response(document: Document, location: str, *, is_repeated: bool = False) -> Response:
    """Return the 201 of a resource at `location`, marked where an earlier request made it.

    What the client accepts is not checked here: a route that creates checks it before it acts.
    """
    headers = {"Location": location} | (REPLAYED if is_repeated else {})
    return Response(_to_json(document), 201, headers, JSON)


def raw_page_response(
    request: Request, items: Sequence[bytes], next_cursor: int | None
) -> Response:
    """Return a page of items that are JSON already; 406 when the client does not accept JSON."""
    require_accepts(request, JSON)
    cursor = b"null" if next_cursor is None else b"%d" % next_cursor
    body = b'{"items":[' + b",".join(items) + b'],"next_cursor":' + cursor + b"}"
    return Response(body, 200, None, JSON)


def _to_json(document: Document) -> bytes:
    if isinstance(document, BaseModel):
        return document.model_dump_json().encode()
    return orjson.dumps(document)
