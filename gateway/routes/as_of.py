"""Reads `as_of` of a request, and says in an answer which place of the ledger it shows.

What was recorded up to a place does not change, so it can be kept for ever. Only a database that
was restored may have something else there: its incarnation is another one. A client that names the
incarnation it means gets answers to keep, and a problem where it is another one by now.
"""

import hashlib
from typing import Annotated, Final

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.operations import Parameter
from gateway.http.parameters import invalid_parameter
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import document_response
from gateway.ports import ReadModels
from gateway.records import Portfolios
from gateway.services import services_of
from tradewind.timeline.moments import AsOf, parse_as_of

AS_OF_PATTERN: Final = (
    r"^(?:[0-9]{1,18}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?Z)$"
)
INCARNATION_PATTERN: Final = r"^[0-9A-Za-z-]{1,64}$"
KEEP: Final = "private, max-age=31536000, immutable"
ASK_AGAIN: Final = "private, no-cache"

AsOfText = Annotated[str, Field(pattern=AS_OF_PATTERN)]
AS_OF: Final = Parameter(
    "as_of",
    "query",
    AsOfText,
    "As it was after this `global_seq`, or after the last event recorded by this time.",
)
INCARNATION: Final = Parameter(
    "incarnation",
    "query",
    Annotated[str, Field(pattern=INCARNATION_PATTERN)],
    "The copy of the history that is meant; the answer may be kept for ever then.",
)
PARAMETERS: Final = (AS_OF, INCARNATION)
PROBLEMS: Final = (
    ProblemCode.SEQUENCE_IN_FUTURE,
    ProblemCode.SEQUENCE_ARCHIVED,
    ProblemCode.INCARNATION_CHANGED,
)


async def as_of_in(request: Request) -> AsOf | None:
    """Return the place that the query names; None for how things are now."""
    text = request.query_params.get("as_of")
    if text is None:
        if "incarnation" in request.query_params:
            raise invalid_parameter("incarnation", "comes with as_of only")
        return None
    return await place_of(request, text, "as_of")


async def place_of(request: Request, text: str, name: str) -> AsOf:
    """Return the place that a text names, of the incarnation that is meant."""
    try:
        wanted = parse_as_of(text)
    except ValueError:
        raise invalid_parameter(
            name, "must be a global_seq, or a time such as 2026-11-28T04:08:30Z"
        ) from None
    as_of = await services_of(request).time_machine.at(wanted)
    meant = request.query_params.get("incarnation")
    if meant is not None and meant != as_of.incarnation:
        raise Problem(
            ProblemCode.INCARNATION_CHANGED,
            "the database was restored: ask without incarnation, and forget what was kept",
        )
    return as_of


def read_models_of(request: Request, as_of: AsOf | None) -> ReadModels:
    """Return the documents as they are, or as they were."""
    services = services_of(request)
    return services.read_models if as_of is None else services.time_machine.read_models(as_of)


def portfolios_of(request: Request, as_of: AsOf | None) -> Portfolios:
    """Return the portfolios as they are, or as they were."""
    services = services_of(request)
    if as_of is None:
        return services.records.portfolios
    return services.time_machine.portfolios(as_of)


def answer(request: Request, document: BaseModel, as_of: AsOf | None) -> Response:
    """Return a document, and which place of the ledger it is of where it is of one."""
    response = document_response(request, document)
    if as_of is None:
        return response
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    is_known = tag in [one.strip() for one in request.headers.get("if-none-match", "").split(",")]
    headers = {
        "X-As-Of-Sequence": f"{as_of.sequence}",
        "ETag": tag,
        "Cache-Control": KEEP if _is_final(request, as_of) else ASK_AGAIN,
    }
    if is_known:
        response = Response(status_code=304)
    response.headers.update(headers)
    response.headers.add_vary_header("Authorization, Cookie")
    return response


def _is_final(request: Request, as_of: AsOf) -> bool:
    """Return whether this request has this answer for ever; at the head claims still change."""
    is_named = request.query_params.get("incarnation") == as_of.incarnation
    text = request.query_params.get("as_of") or request.path_params.get("sequence", "")
    return is_named and as_of.sequence < as_of.last and text.isdigit()
