"""Describes the parameters that several operations take."""

from typing import Annotated, Final

from pydantic import Field

from gateway.http.limits import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, MAX_REQUEST_KEY_CHARACTERS
from gateway.http.operations import Parameter

LIMIT: Final = Parameter(
    "limit",
    "query",
    Annotated[int, Field(ge=1, le=MAX_PAGE_ITEMS)],
    f"How many items a page has, {DEFAULT_PAGE_ITEMS} when absent.",
)
IDEMPOTENCY_KEY: Final = Parameter(
    "Idempotency-Key",
    "header",
    Annotated[str, Field(min_length=1, max_length=MAX_REQUEST_KEY_CHARACTERS)],
    "The same key and the same document are the same request, however often it is sent.",
)


def path_parameter(name: str, schema: object, description: str) -> Parameter:
    """Return a parameter that is a part of the path."""
    return Parameter(name, "path", schema, description, is_required=True)
