"""The answer to a connection for which there is no room: it is made once, and sent unasked."""

from typing import Final

from gateway.http.media_types import PROBLEM_JSON
from gateway.http.problems import RETRY_AFTER_SECONDS, Problem, ProblemCode, body_of_problem

_BODY: Final = body_of_problem(Problem(ProblemCode.TOO_MANY_CONNECTIONS, "connect again later"))
_HEAD: Final = "\r\n".join(
    (
        "HTTP/1.1 503 Service Unavailable",
        f"Content-Type: {PROBLEM_JSON}",
        f"Content-Length: {len(_BODY)}",
        f"Retry-After: {RETRY_AFTER_SECONDS}",
        "Connection: close",
        "\r\n",
    )
)
CROWDED_ANSWER: Final = _HEAD.encode() + _BODY
