"""Problem details (RFC 9457): every answer that is not a success has this one shape."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Match, Route

from gateway.strict_json import FieldError

MEDIA_TYPE = "application/problem+json"
MAX_INSTANCE_CHARACTERS = 256
RETRY_AFTER_SECONDS = 2
TYPE_PREFIX = "urn:tradewind:problem:"


class ProblemCode(Enum):
    """Stable code, status and title of every problem this gateway answers."""

    MALFORMED_JSON = (400, "The body is not strict JSON")
    INVALID_PARAMETER = (400, "A parameter is invalid")
    BAD_REQUEST = (400, "The request is invalid")
    ORIGIN_NOT_ALLOWED = (403, "This origin may not use the gateway")
    NOT_FOUND = (404, "There is no such resource")
    INTENT_NOT_FOUND = (404, "There is no such intent")
    PLAN_NOT_FOUND = (404, "There is no such plan")
    POSITIONS_NOT_FOUND = (404, "There are no such positions")
    METHOD_NOT_ALLOWED = (405, "The resource does not know this method")
    NOT_ACCEPTABLE = (406, "The resource has no representation the request accepts")
    BODY_TIMEOUT = (408, "The body did not arrive in time")
    BODY_TOO_LARGE = (413, "The body is too large")
    UNSUPPORTED_MEDIA_TYPE = (415, "The body has the wrong content type")
    VALIDATION_FAILED = (422, "The document is invalid")
    IDEMPOTENCY_KEY_USED = (422, "The idempotency key belongs to another request")
    UPGRADE_REQUIRED = (426, "This resource is a WebSocket")
    INTERNAL_ERROR = (500, "The gateway failed")
    BROKER_UNAVAILABLE = (503, "Nothing was submitted: the broker is not available")
    OUTCOME_UNKNOWN = (503, "It is not known yet whether the intent was submitted")
    STORE_UNAVAILABLE = (503, "Nothing was submitted: the store of intents is not available")
    READ_UNAVAILABLE = (503, "The stores behind this resource are not available")
    TOO_MANY_CLIENTS = (503, "The gateway serves as many stream clients as it may")

    def __init__(self, status: int, title: str) -> None:
        self.status = status
        self.title = title


_CODE_OF_STATUS = {
    400: ProblemCode.BAD_REQUEST,
    404: ProblemCode.NOT_FOUND,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    406: ProblemCode.NOT_ACCEPTABLE,
    413: ProblemCode.BODY_TOO_LARGE,
}


class Problem(Exception):
    """Raised anywhere below the error middleware to answer with problem details."""

    def __init__(
        self,
        code: ProblemCode,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code.name}: {detail}")
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


def problem_response(connection: HTTPConnection, problem: Problem) -> Response:
    """Return the response that says `problem` about this request."""
    code = problem.code
    document: dict[str, Any] = {
        "type": TYPE_PREFIX + code.name.lower().replace("_", "-"),
        "title": code.title,
        "status": code.status,
        "detail": problem.detail,
        "instance": connection.scope["path"][:MAX_INSTANCE_CHARACTERS],
        "code": code.name,
        "request_id": connection.scope.get("request_id", ""),
        "errors": [error.as_document() for error in problem.errors],
        **problem.extra,
    }
    body = orjson.dumps(document, default=str)
    return Response(body, code.status, problem.headers, MEDIA_TYPE)


def answer_problem(request: Request, error: Exception) -> Response:
    """Starlette's handler of Problem."""
    assert isinstance(error, Problem)
    return problem_response(request, error)


def answer_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's handler of its own HTTPException: an unknown path, a wrong method."""
    assert isinstance(error, HTTPException)
    code = _CODE_OF_STATUS.get(error.status_code, ProblemCode.BAD_REQUEST)
    headers = {}
    if code is ProblemCode.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods_of_path(request)))
    problem = Problem(code, _DETAILS.get(code, code.title), headers=headers)
    return problem_response(request, problem)


def answer_transient(request: Request, _: Exception) -> Response:
    """Starlette's handler of TransientError: a store behind the route is away."""
    problem = Problem(
        ProblemCode.READ_UNAVAILABLE,
        "neither the cache nor the ledger answered; ask again",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )
    return problem_response(request, problem)


def _methods_of_path(request: Request) -> set[str]:
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return methods


_DETAILS = {
    ProblemCode.NOT_FOUND: "no route has this path; docs/contracts/rest.md lists them",
    ProblemCode.METHOD_NOT_ALLOWED: "the Allow header lists the methods of this path",
}
