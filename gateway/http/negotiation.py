"""Checks that the client accepts what a route answers."""

from collections.abc import Iterable

from starlette.requests import Request

from gateway.http.header_lists import list_elements, with_parameters
from gateway.http.problems import Problem, ProblemCode


def require_accepts(request: Request, media_type: str) -> None:
    """Raise a 406 Problem when the Accept headers rule `media_type` out (RFC 9110, 12.5.1)."""
    if not any(request.headers.getlist("accept")):
        return
    if not _accepts(list_elements(request.headers, "accept"), media_type):
        raise Problem(ProblemCode.NOT_ACCEPTABLE, f"this resource is {media_type}")


def _accepts(ranges: Iterable[str], media_type: str) -> bool:
    """Return whether the most specific range that matches has a quality above 0."""
    qualities = {}
    for element in ranges:
        name, parameters = with_parameters(element)
        qualities[name] = _quality(parameters)
    for name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if name in qualities:
            return qualities[name] > 0
    return False


def _quality(parameters: Iterable[tuple[str, str]]) -> float:
    for name, value in parameters:
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
