"""Shows which pairs may be traded, and within which bounds, and changes that."""

from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import ListPage, cut, integer, page_of, typed
from gateway.http.responses import created_response, document_response
from gateway.http.strict_json import parse_model
from gateway.services import services_of
from tradewind.contracts.ids import MAX_SEQUENCE
from tradewind.contracts.instruments.changes import InstrumentChange, InstrumentRegistration
from tradewind.contracts.instruments.registry import InstrumentDocument
from tradewind.contracts.subjects import KeyToken
from tradewind.trading.instruments.store import InstrumentUnknown

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$"
Name = Annotated[str, Field(pattern=NAME)]
_NAME: Final = TypeAdapter[str](Name)
_KEY: Final = TypeAdapter[str](KeyToken)


async def list_instruments(request: Request) -> Response:
    """GET /instruments: what is registered, by key.

    An intent for any other pair is judged by what the platform's files declare: without a file of
    instruments, every pair of its tokens may be traded.
    """
    after = typed(request, "cursor", _KEY, "the next_cursor of a page")
    limit = page_size(request)
    found = await services_of(request).instruments.page(after, limit + 1)
    page, last = cut(found, limit)
    return document_response(request, page_of(page, None if last is None else last.key))


async def show_instrument(request: Request) -> Response:
    """GET /instruments/{name}: the instrument of a key or of an alias.

    `version` is 0 while only the platform's files say it.
    """
    name = _name(request)
    found = await services_of(request).instruments.one(name)
    if found is None:
        raise Problem(ProblemCode.INSTRUMENT_NOT_FOUND, f"no instrument is called {name}")
    return document_response(request, found)


async def register_instrument(request: Request) -> Response:
    """POST /instruments: makes a pair of registered tokens an instrument.

    A pair is registered once and for good; registering it again with other words is refused, with
    the same ones it changes nothing. It may be traded within two seconds of the answer.
    """
    body = await read_json_body(request)
    wanted = parse_model(InstrumentRegistration, body, noun="instrument")
    require_accepts(request, JSON)
    by = _operator(request)
    registered = await services_of(request).registrar.register(wanted, by)
    return created_response(registered, f"/instruments/{registered.key}")


async def change_instrument(request: Request) -> Response:
    """PATCH /instruments/{name}: enables, disables or bounds an instrument.

    What is left out stays, null takes a bound away. It is in force everywhere within two seconds of
    the answer; what was approved before goes on. Of two who change an instrument at once the first
    one wins. What is so already changes nothing.
    """
    name = _name(request)
    wanted = parse_model(InstrumentChange, await read_json_body(request), noun="instrument")
    require_accepts(request, JSON)
    by, expected = _operator(request), integer(request, "version", 1, MAX_SEQUENCE)
    try:
        changed = await services_of(request).registrar.change(name, wanted, by, expected)
    except InstrumentUnknown as error:
        raise Problem(ProblemCode.INSTRUMENT_NOT_FOUND, str(error)) from None
    return document_response(request, changed)


def _name(request: Request) -> str:
    name: str = request.path_params["name"]
    try:
        return _NAME.validate_python(name)
    except ValueError:
        raise invalid_parameter("name", "must be a key such as ethereum-WETH-USDC") from None


def _operator(request: Request) -> str:
    """Return who changes what every portfolio trades; a Problem for a key of some of them."""
    caller = caller_of(request)
    if not caller.accounts.are_all:
        raise Problem(
            ProblemCode.ACCOUNT_NOT_COVERED,
            "an instrument is traded by every portfolio, and this key is not about all of them",
        )
    return caller.key_id


NAME_PARAMETER: Final = path_parameter(
    "name", Name, "A key such as ethereum-WETH-USDC, or an alias."
)
VERSION: Final = Parameter(
    "version",
    "query",
    Annotated[int, Field(ge=1, le=MAX_SEQUENCE)],
    "Change the instrument only if this is its version.",
)
CHANGES: Final = [
    ProblemCode.MALFORMED_JSON,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.VALIDATION_FAILED,
    ProblemCode.BODY_TIMEOUT,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.ACCOUNT_NOT_COVERED,
    ProblemCode.INSTRUMENT_EXISTS,
    ProblemCode.INSTRUMENT_CONFLICT,
    ProblemCode.INSTRUMENT_UNAVAILABLE,
]
OPERATIONS: Final = [
    Operation(
        "GET",
        "/instruments",
        list_instruments,
        tag="instruments",
        scope=KeyScope.READ,
        answer=ListPage[InstrumentDocument],
        parameters=[
            Parameter("cursor", "query", KeyToken, "The `next_cursor` of the page before."),
            LIMIT,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "GET",
        "/instruments/{name}",
        show_instrument,
        tag="instruments",
        scope=KeyScope.READ,
        answer=InstrumentDocument,
        parameters=[NAME_PARAMETER],
        problems=[ProblemCode.INSTRUMENT_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "POST",
        "/instruments",
        register_instrument,
        tag="instruments",
        scope=KeyScope.ADMIN,
        answer=InstrumentDocument,
        status=201,
        body=InstrumentRegistration,
        problems=[*CHANGES, ProblemCode.TOO_MANY_INSTRUMENTS],
    ),
    Operation(
        "PATCH",
        "/instruments/{name}",
        change_instrument,
        tag="instruments",
        scope=KeyScope.ADMIN,
        answer=InstrumentDocument,
        body=InstrumentChange,
        parameters=[NAME_PARAMETER, VERSION],
        problems=[*CHANGES, ProblemCode.INSTRUMENT_NOT_FOUND],
    ),
]
