"""Reads query parameters by their types, and makes pages of lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError
from starlette.requests import Request

from gateway.http.operations import Parameter
from gateway.http.parameters import invalid_parameter
from tradewind.contracts.wire import Document, parse_time
from tradewind.ledger.upkeep.place import Place, parse_place

PLACE_CURSOR: Final = Parameter(
    "cursor",
    "query",
    Annotated[str, Field(pattern=r"^\d{1,16}-[A-Za-z0-9_.~-]{0,128}$")],
    "The `next_cursor` of the page before.",
)


class ListPage[D: Document](Document):
    """Items in the order of the list; `next_cursor` is null on the last page.

    A page may be shorter than `limit` before the last one.
    """

    items: tuple[D, ...]
    next_cursor: str | None = None


def page_of[D: Document](items: Sequence[D], next_cursor: object | None) -> ListPage[D]:
    """Return a page; `next_cursor` is None on the last one."""
    return ListPage(
        items=tuple(items), next_cursor=None if next_cursor is None else f"{next_cursor}"
    )


def typed[T](request: Request, name: str, kind: TypeAdapter[T], expected: str) -> T | None:
    """Return a parameter that is a text of some type; None when it is absent."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return kind.validate_python(text)
    except ValidationError:
        raise invalid_parameter(name, f"must be {expected}") from None


def chosen[T: str](request: Request, name: str, choices: Sequence[T]) -> T | None:
    """Return a parameter that is one of several words; None when it is absent."""
    text = request.query_params.get(name)
    found = next((choice for choice in choices if choice == text), None)
    if text is not None and found is None:
        raise invalid_parameter(name, f"must be one of {', '.join(choices)}")
    return found


def integer(request: Request, name: str, low: int, high: int) -> int | None:
    """Return a parameter that is an integer between bounds; None when it is absent."""
    text = request.query_params.get(name)
    if text is None:
        return None
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else low - 1
    if not low <= number <= high:
        raise invalid_parameter(name, f"must be an integer from {low} to {high}", high)
    return number


def moment(request: Request, name: str) -> datetime | None:
    """Return a parameter that is a time; None when it is absent."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError:
        raise invalid_parameter(name, "must be a time such as 2026-11-28T04:08:30.925Z") from None


def place(request: Request) -> Place | None:
    """Return the cursor of a list that is sorted by time; None when it is absent."""
    text = request.query_params.get("cursor")
    if text is None:
        return None
    try:
        return parse_place(text)
    except (ValueError, OverflowError):
        raise invalid_parameter("cursor", "must be the next_cursor of a page") from None


def cut[T](found: Sequence[T], limit: int) -> tuple[Sequence[T], Any]:
    """Return the items of a page, and its last item if there is another page after it."""
    return found[:limit], found[limit - 1] if len(found) > limit else None
