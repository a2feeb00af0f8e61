"""Reads JSON request bodies: the type must be right, the size and the time are bounded."""

import asyncio
from collections.abc import Sequence

from starlette.requests import ClientDisconnect, Request

from gateway.http.field_errors import FieldError
from gateway.http.header_lists import list_elements, with_parameters
from gateway.http.limits import BODY_TIMEOUT_SECONDS, MAX_BODY_BYTES
from gateway.http.media_types import JSON
from gateway.http.problems import Problem, ProblemCode


async def read_json_body(request: Request) -> bytes:
    """Return the raw body of a JSON request; a Problem says why there is none."""
    _check_content_type(request)
    return await read_body(request)


async def read_body(request: Request) -> bytes:
    """Return the raw body of a request of any type; a Problem says why there is none.

    Reading stops at the first byte over the limit, so a body without a length is bounded as well.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
            return await _collect(request)
    except TimeoutError:
        raise Problem(
            ProblemCode.BODY_TIMEOUT, f"no complete body within {BODY_TIMEOUT_SECONDS:.0f} s"
        ) from None
    except ClientDisconnect:
        raise Problem(ProblemCode.BAD_REQUEST, "the client left before its body ended") from None


async def _collect(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > MAX_BODY_BYTES:
            raise _too_large()
        body += chunk
    return bytes(body)


def _too_large() -> Problem:
    error = FieldError("body", "is too large, in bytes", MAX_BODY_BYTES)
    return Problem(
        ProblemCode.BODY_TOO_LARGE, f"a body has at most {MAX_BODY_BYTES} bytes", errors=[error]
    )


def _check_content_type(request: Request) -> None:
    if not _is_json(request.headers.getlist("content-type")):
        raise Problem(
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            f"send the body as Content-Type: {JSON}",
            headers={"Accept": JSON},
        )
    encodings = list_elements(request.headers, "content-encoding")
    if any(encoding.lower() != "identity" for encoding in encodings):
        raise Problem(
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            "send the body without a content encoding",
            headers={"Accept-Encoding": "identity"},
        )


def _is_json(values: Sequence[str]) -> bool:
    """Return whether there is one content type, and it is JSON in UTF-8 whoever reads it."""
    if len(values) != 1:
        return False
    media_type, parameters = with_parameters(values[0])
    charsets = [value.lower() for name, value in parameters if name == "charset"]
    return media_type == JSON and all(charset in ("utf-8", "utf8") for charset in charsets)
