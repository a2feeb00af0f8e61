"""Checks that the client accepts what a route answers."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.requests import Request

from gateway.http.header_lists import list_elements, quality, with_parameters
from gateway.http.media_types import HTML
from gateway.http.problems import Problem, ProblemCode


def require_accepts(request: Request, media_type: str) -> None:
    """Raise a 406 Problem when the Accept headers rule `media_type` out (RFC 9110, 12.5.1)."""
    if not any(request.headers.getlist("accept")):
        return
    if not _accepts(list_elements(request.headers, "accept"), media_type):
        raise Problem(ProblemCode.NOT_ACCEPTABLE, f"this resource is {media_type}")


def prefers_page(headers: Headers) -> bool:
    """Return whether a person asks with a browser, and not a program for data.

    Of what the Accept headers name, HTML has to be the first of those with the highest quality. A
    program that names nothing, or takes anything, gets data.
    """
    named = [with_parameters(element) for element in list_elements(headers, "accept")]
    name, parameters = max(named, key=lambda one: quality(one[1]), default=("", []))
    return name == HTML and quality(parameters) > 0


def _accepts(ranges: Iterable[str], media_type: str) -> bool:
    """Return whether the most specific range that matches has a quality above 0."""
    qualities = {}
    for element in ranges:
        name, parameters = with_parameters(element)
        qualities[name] = quality(parameters)
    for name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if name in qualities:
            return qualities[name] > 0
    return False
