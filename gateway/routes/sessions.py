"""Signs people in and out, so that a browser need not keep a key."""

from datetime import datetime

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.authentication.credentials import COOKIE, cookie_name
from gateway.http.caller import KeyScope, caller_of
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import created_response
from gateway.services import services_of
from tradewind.contracts.wire import Document, Timestamp

PATH = "/sessions"


class SessionDocument(Document):
    """Who is signed in, what the session may do, and until when."""

    key_id: str
    scopes: tuple[KeyScope, ...]
    expires_at: Timestamp | None
    """None where the gateway asks for no keys, and there is nothing to sign in to."""


async def sign_in(request: Request) -> Response:
    """POST /sessions: sign in, with the key that the request shows, for a cookie.

    The cookie has all rights of the key until the key ends, for half a day at most. A cookie opens
    no further session.
    """
    require_accepts(request, JSON)
    caller, sessions = caller_of(request), services_of(request).authentication.sessions
    if sessions is None:
        return created_response(_document(request, None), PATH)
    if "authorization" not in request.headers:
        raise Problem(ProblemCode.INVALID_PARAMETER, "Authorization: sign in with a key")
    cookie, expires_at = await sessions.open(caller.key_id)
    response = created_response(_document(request, expires_at), PATH)
    _set_cookie(request, response, cookie, expires_at)
    return response


async def sign_out(request: Request) -> Response:
    """DELETE /sessions: sign out, which ends the session of the request's cookie."""
    sessions = services_of(request).authentication.sessions
    cookie = request.cookies.get(cookie_name(request.headers))
    if sessions is not None and cookie:
        await sessions.end(cookie)
    response = Response(status_code=204)
    if cookie:
        _set_cookie(request, response, "", None)
    return response


def _document(request: Request, expires_at: datetime | None) -> BaseModel:
    caller = caller_of(request)
    return SessionDocument(
        key_id=caller.key_id, scopes=tuple(sorted(caller.scopes)), expires_at=expires_at
    )


def _set_cookie(
    request: Request, response: Response, cookie: str, expires_at: datetime | None
) -> None:
    name = cookie_name(request.headers)
    response.set_cookie(
        name,
        cookie,
        expires=expires_at,
        max_age=None if expires_at else 0,
        path="/",
        secure=name == COOKIE,
        httponly=True,
        samesite="strict",
    )


OPERATIONS = [
    Operation(
        "POST",
        PATH,
        sign_in,
        tag="authentication",
        scope=KeyScope.READ,
        answer=SessionDocument,
        status=201,
        problems=[ProblemCode.AUTHENTICATION_UNAVAILABLE],
    ),
    Operation(
        "DELETE",
        PATH,
        sign_out,
        tag="authentication",
        scope=KeyScope.READ,
        answer=None,
        status=204,
        problems=[ProblemCode.AUTHENTICATION_UNAVAILABLE],
    ),
]
