"""Tells what other limits would have made of recorded decisions."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation
from gateway.http.problems import Problem, ProblemCode
from gateway.http.strict_json import parse_model
from gateway.services import services_of
from tradewind.simulation.whatif.documents import WhatIfDocument, WhatIfRequest


async def ask_whatif(request: Request) -> Response:
    """POST /whatif: what flips under other limits, and what it would have brought.

    Recorded intents of the range are decided again; nothing is published or kept.
    """
    require_accepts(request, JSON)
    asked = parse_model(WhatIfRequest, await read_json_body(request), noun="what-if")
    caller = caller_of(request)
    if not caller.accounts.are_all:
        raise Problem(
            ProblemCode.ACCOUNT_NOT_COVERED,
            "limits of a portfolio depend on all strategies: ask with a key about all accounts",
        )
    body = asked.model_dump_json(by_alias=True, exclude_none=True).encode()
    answer = await services_of(request).whatifs.answer(caller.key_id, body)
    return Response(answer, media_type=JSON)


OPERATIONS: Final = [
    Operation(
        "POST",
        "/whatif",
        ask_whatif,
        tag="live",
        scope=KeyScope.READ,
        answer=WhatIfDocument,
        body=WhatIfRequest,
        problems=[
            ProblemCode.MALFORMED_JSON,
            ProblemCode.RANGE_TOO_LARGE,
            ProblemCode.ACCOUNT_NOT_COVERED,
            ProblemCode.WHATIF_RUNS,
            ProblemCode.BODY_TIMEOUT,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            ProblemCode.VALIDATION_FAILED,
            ProblemCode.WHATIF_UNAVAILABLE,
        ],
    ),
]
