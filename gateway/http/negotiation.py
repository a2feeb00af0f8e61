"""Checks that the client accepts what a route answers."""

from starlette.requests import Request

from gateway.http.problems import Problem, ProblemCode


def require_accepts(request: Request, media_type: str) -> None:
    """Raise a 406 Problem when the Accept header rules `media_type` out (RFC 9110, 12.5.1)."""
    accept = request.headers.get("accept")
    if not accept or _accepts(accept, media_type):
        return
    raise Problem(ProblemCode.NOT_ACCEPTABLE, f"this resource is {media_type}")


def _accepts(accept: str, media_type: str) -> bool:
    """Return whether the most specific range that matches has a quality above 0."""
    ranges = {}
    for entry in accept.split(","):
        name, _, parameters = entry.partition(";")
        ranges[name.strip().lower()] = _quality(parameters)
    for name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if name in ranges:
            return ranges[name] > 0
    return False


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
