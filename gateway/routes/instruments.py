"""Shows which pairs may be traded, and within which bounds."""

from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import ListPage, cut, page_of, typed
from gateway.http.responses import document_response
from gateway.services import services_of
from tradewind.contracts.instruments.registry import InstrumentDocument
from tradewind.contracts.subjects import KeyToken

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
    name: str = request.path_params["name"]
    try:
        _NAME.validate_python(name)
    except ValueError:
        raise invalid_parameter("name", "must be a key such as ethereum-WETH-USDC") from None
    found = await services_of(request).instruments.one(name)
    if found is None:
        raise Problem(ProblemCode.INSTRUMENT_NOT_FOUND, f"no instrument is called {name}")
    return document_response(request, found)


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
        parameters=[path_parameter("name", Name, "A key such as ethereum-WETH-USDC, or an alias.")],
        problems=[ProblemCode.INSTRUMENT_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    ),
]
