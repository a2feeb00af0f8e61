"""Answers with documents that change no more, and with nothing where the client has them."""

from hashlib import sha256

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.header_lists import list_elements
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts

_TAG_DIGITS = 32


def lasting_response(request: Request, document: BaseModel) -> Response:
    """Return a document with an ETag; 304 without a body where If-None-Match has it."""
    require_accepts(request, JSON)
    body = document.model_dump_json().encode()
    tag = f'"{sha256(body).hexdigest()[:_TAG_DIGITS]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [one.removeprefix("W/") for one in list_elements(request.headers, "if-none-match")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, JSON)
