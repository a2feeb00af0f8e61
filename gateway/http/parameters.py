"""Reads parameters of path, query and headers; a problem names the one that is wrong."""

import re

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from gateway.http.caller import caller_of
from gateway.http.field_errors import FieldError
from gateway.http.limits import (
    DEFAULT_PAGE_ITEMS,
    MAX_PAGE_ITEMS,
    MAX_REQUEST_KEY_CHARACTERS,
)
from gateway.http.problems import Problem, ProblemCode
from tradewind.contracts.ids import MAX_SEQUENCE, parse_ulid
from tradewind.contracts.intents.model import StrategyId
from tradewind.ledger.upkeep.ingress import RequestKey

_NAME = re.compile(r"[a-z][a-z_]{0,31}", re.ASCII)
_STRATEGY_ID: TypeAdapter[str] = TypeAdapter(StrategyId)


def invalid_parameter(name: str, message: str, limit: int | None = None) -> Problem:
    return Problem(
        ProblemCode.INVALID_PARAMETER,
        f"{name} {message}",
        errors=[FieldError(name, message, limit)],
    )


def check_query(request: Request, *known: str) -> None:
    """Refuse unknown and repeated query parameters: a typo must not look like an empty result."""
    seen = set()
    for name, _ in request.query_params.multi_items():
        if name not in known:
            allowed = ", ".join(known) or "none"
            # Somebody may have pasted a secret here: only what looks like a name is shown.
            shown = name if _NAME.fullmatch(name) else "what the query names"
            raise invalid_parameter(shown, f"is not a known parameter (known: {allowed})")
        if name in seen:
            raise invalid_parameter(name, "appears more than once")
        seen.add(name)


def idempotency_key(request: Request) -> RequestKey | None:
    """Return the Idempotency-Key header: 1 to 128 printable ASCII characters; None when absent.

    It counts for the caller's requests to this method and path.
    """
    values = request.headers.getlist("idempotency-key")
    if not values:
        return None
    (key, *more) = values
    well_formed = key.isascii() and key.isprintable()
    if more or not well_formed or not 1 <= len(key) <= MAX_REQUEST_KEY_CHARACTERS:
        raise invalid_parameter(
            "Idempotency-Key",
            "must be one value of printable ASCII",
            MAX_REQUEST_KEY_CHARACTERS,
        )
    return RequestKey(caller_of(request).owner, request.method, request.scope["path"], key)


def path_ulid(request: Request, name: str) -> str:
    """Return a path parameter that is a ULID."""
    value: str = request.path_params[name]
    try:
        parse_ulid(value)
    except ValueError as error:
        raise invalid_parameter(name, str(error)) from None
    return value


def check_strategy_id(text: str, name: str = "strategy_id") -> str:
    """Return a well-formed id of a strategy or portfolio; a Problem for anything else."""
    try:
        return _STRATEGY_ID.validate_python(text)
    except ValidationError:
        raise invalid_parameter(
            name, "must be 1 to 64 letters, digits, - or _, the first a letter or digit"
        ) from None


def page_size(request: Request) -> int:
    """Return `limit`: items per page, 1 to 200, 50 when absent."""
    return _integer(request, "limit", DEFAULT_PAGE_ITEMS, 1, MAX_PAGE_ITEMS)


def after_sequence(request: Request) -> int:
    """Return `cursor` of a history: the last sequence already seen, 0 when absent."""
    return _integer(request, "cursor", 0, 0, MAX_SEQUENCE)


def _integer(request: Request, name: str, default: int, low: int, high: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else low - 1
    if not low <= number <= high:
        raise invalid_parameter(name, f"must be an integer from {low} to {high}", high)
    return number
