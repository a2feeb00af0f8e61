"""Describes an operation: a method on a path, who may call it, what it takes and what it answers.

What is written here is enforced and published: a query parameter that is not listed is refused, a
caller without the scope is refused, and `/openapi.json` says the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.errors import NotReadInTime
from gateway.http.caller import KeyScope, caller_of
from gateway.http.limits import READ_DEADLINE_SECONDS
from gateway.http.media_types import JSON
from gateway.http.parameters import check_query
from gateway.http.problems import Problem, ProblemCode

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation; `schema` is a type that pydantic can describe."""

    name: str
    where: Literal["path", "query", "header"]
    schema: Any
    description: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. Its description is the docstring of its endpoint."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    endpoint: Endpoint
    tag: str
    scope: KeyScope | None
    """What a key needs to call it; None for what anybody may call."""
    answer: Any
    """The type of the document of a successful answer."""
    status: int = 200
    """Of a successful answer."""
    later: Any = None
    """The type of the document of a 202, where what is asked for may outlast an answer."""
    known: Any = None
    """The type of the document of a 200, where what is asked for may be there already."""
    body: Any = None
    """The type of the document it takes."""
    is_body_optional: bool = False
    """Whether it may be asked for without one."""
    parameters: Sequence[Parameter] = ()
    problems: Sequence[ProblemCode] = ()
    """What it may answer beside what every operation may."""
    media_type: str = JSON
    routed: str = ""
    """The path with the convertor of a parameter that must not match another operation's path."""

    @property
    def route(self) -> Route:
        """Return the route that checks scope and query before the endpoint sees the request."""
        query = [one.name for one in self.parameters if one.where == "query"]

        async def checked(request: Request) -> Response:
            _require_scope(request, self.scope)
            check_query(request, *query)
            if ProblemCode.READ_UNAVAILABLE in self.problems and self.method == "GET":
                return await _within_deadline(self.endpoint(request))
            return await self.endpoint(request)

        return Route(
            self.routed or self.path, checked, methods=[self.method], name=self.endpoint.__name__
        )


COMMON_PROBLEMS: Final = (
    ProblemCode.BAD_REQUEST,
    ProblemCode.HANDSHAKE_INVALID,
    ProblemCode.HEAD_TIMEOUT,
    ProblemCode.HEAD_TOO_LARGE,
    ProblemCode.HOST_INVALID,
    ProblemCode.HOST_NOT_SERVED,
    ProblemCode.TARGET_TOO_LONG,
    ProblemCode.TOO_MANY_CONNECTIONS,
    ProblemCode.TRANSFER_ENCODING_UNKNOWN,
    ProblemCode.INVALID_PARAMETER,
    ProblemCode.NOT_ACCEPTABLE,
    ProblemCode.RATE_LIMITED,
    ProblemCode.INTERNAL_ERROR,
)
"""What every operation may answer."""
SCOPED_PROBLEMS: Final = (
    ProblemCode.UNAUTHENTICATED,
    ProblemCode.TIMESTAMP_OUTSIDE_WINDOW,
    ProblemCode.SCOPE_MISSING,
    ProblemCode.BODY_TIMEOUT,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.AUTHENTICATION_UNAVAILABLE,
)
"""What an operation may answer that needs a scope: a signature is of the body, too."""


async def _within_deadline(answer: Awaitable[Response]) -> Response:
    try:
        async with asyncio.timeout(READ_DEADLINE_SECONDS) as timer:
            return await answer
    except TimeoutError:
        if timer.expired():
            raise NotReadInTime("the stores") from None
        raise


def _require_scope(request: Request, scope: KeyScope | None) -> None:
    if scope is not None and scope not in caller_of(request).scopes:
        raise Problem(ProblemCode.SCOPE_MISSING, f"this key has not the scope {scope}")
