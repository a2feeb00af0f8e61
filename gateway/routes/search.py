"""Finds what a text names, and says where it looked."""

from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter
from gateway.http.problems import ProblemCode
from gateway.http.responses import document_response
from gateway.routes.lookups import look_up
from gateway.routes.search_documents import MAX_SEARCH_CHARACTERS, SearchResult


async def search(request: Request) -> Response:
    """GET /search: what an id, a hash, an address or a part of a name belongs to.

    Ids of intents, plans, events and histories, hashes of transactions, and addresses of wallets,
    pools and tokens have to be whole; names of strategies, portfolios and pairs may be parts.
    """
    text = request.query_params.get("q", "").strip()
    if not 1 <= len(text) <= MAX_SEARCH_CHARACTERS:
        raise invalid_parameter(
            "q", f"must have 1 to {MAX_SEARCH_CHARACTERS} characters", MAX_SEARCH_CHARACTERS
        )
    found = await look_up(request, text)
    document = SearchResult(query=text, items=tuple(found.hits), looked_in=tuple(found.looked_in))
    return document_response(request, document)


OPERATIONS: Final = [
    Operation(
        "GET",
        "/search",
        search,
        tag="platform",
        scope=KeyScope.READ,
        answer=SearchResult,
        parameters=[
            Parameter(
                "q",
                "query",
                Annotated[str, Field(max_length=MAX_SEARCH_CHARACTERS, pattern=r"\S")],
                "What to search for.",
                is_required=True,
            )
        ],
        problems=[ProblemCode.READ_UNAVAILABLE, ProblemCode.REBUILDING],
    )
]
