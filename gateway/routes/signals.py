"""Takes in signals of whoever has a key."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.aliases import aliased
from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import IDEMPOTENCY_KEY
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation
from gateway.http.parameters import idempotency_key
from gateway.http.problems import ProblemCode
from gateway.http.responses import created_response
from gateway.metrics import SIGNALS_INVALID
from gateway.services import services_of
from gateway.signals.answers import EnqueuedSignal
from gateway.signals.body import SubmittedSignal, parse_signal
from gateway.signals.intake import Sender, asked_of


async def submit_signal(request: Request) -> Response:
    """POST /signals: takes in a signal, which is kept and sent on its way when this says 201.

    The same request again gets the same answer: by the Idempotency-Key, by `idempotency_key` in the
    body, which is the same, or without either by the signal itself.
    """
    require_accepts(request, JSON)
    key, body, caller = idempotency_key(request), await read_json_body(request), caller_of(request)
    try:
        asked = asked_of(parse_signal(body), key and key.text)
    except ValueError:
        SIGNALS_INVALID.labels("rest").inc()
        raise
    sender = Sender("rest", caller.owner, caller.accounts)
    standing = await services_of(request).signals.intake.submit(asked, sender)
    answer = EnqueuedSignal.of(standing.event)
    location = f"/signals/{answer.signal_id}"
    return created_response(answer, location, is_repeated=standing.is_repeated)


INTAKE_PROBLEMS: Final = [
    ProblemCode.MALFORMED_JSON,
    ProblemCode.BODY_TIMEOUT,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.VALIDATION_FAILED,
    ProblemCode.SIGNAL_UNAVAILABLE,
]
_SUBMIT: Final = Operation(
    "POST",
    "/signals",
    submit_signal,
    tag="signals",
    scope=KeyScope.SUBMIT,
    answer=EnqueuedSignal,
    status=201,
    body=SubmittedSignal,
    parameters=[IDEMPOTENCY_KEY],
    problems=[
        *INTAKE_PROBLEMS,
        ProblemCode.ACCOUNT_NOT_COVERED,
        ProblemCode.IDEMPOTENCY_KEY_USED,
    ],
)
OPERATIONS: Final = [_SUBMIT, aliased(_SUBMIT, "/api/v1/signals", "submit_signal_v1")]
