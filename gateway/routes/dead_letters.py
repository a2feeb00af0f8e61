"""Shows the messages that queue groups gave up, and takes what is to be done with them."""

from typing import Annotated, Final, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.aliases import aliased
from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.one_line import ONE_LINE_PATTERN
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import PLACE_CURSOR, ListPage, chosen, page_of, place
from gateway.http.responses import document_response
from gateway.http.strict_json import parse_model
from gateway.services import services_of
from gateway.visibility import visibility, visible_page
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.wire import Document
from tradewind.ledger.upkeep.dead_letters import (
    DEAD_LETTER_ID,
    Action,
    DeadLetterRequest,
    ListedDeadLetter,
    State,
)
from tradewind.ledger.upkeep.documents import (
    DeadLetterDocument,
    RequestDocument,
    WholeDeadLetter,
    whole_dead_letter,
)
from tradewind.ledger.upkeep.place import AFTER_ALL

STATES: Final[tuple[State, ...]] = ("open", "retried", "resolved")


Reason = Annotated[str, Field(min_length=1, max_length=MAX_DETAIL_LENGTH, pattern=ONE_LINE_PATTERN)]


class Retrial(Document):
    """Why it will be handled this time."""

    reason: Reason | None = None


class Resolution(Document):
    """Why nothing is left to do."""

    reason: Reason


async def list_dead_letters(request: Request) -> Response:
    """GET /dead-letters: messages that queue groups gave up, newest first, without their bytes."""
    state, letters = chosen(request, "state", STATES), services_of(request).records.dead_letters
    page, following = await visible_page(
        request,
        lambda before, limit: letters.page(state, limit, before),
        place(request) or AFTER_ALL,
        page_size(request),
        oldest_first=False,
    )
    return document_response(request, page_of(list(map(DeadLetterDocument.of, page)), following))


async def show_dead_letter(request: Request) -> Response:
    """GET /dead-letters/{dead_letter_id}: one of them, with its bytes as text.

    Credentials that call themselves so are blotted out of the text.
    """
    letter = await _letter(request)
    requests = await services_of(request).records.requests.of(letter.dead_letter_id)
    return document_response(
        request, whole_dead_letter(letter, tuple(map(RequestDocument.of, requests)))
    )


async def retry_dead_letter(request: Request) -> Response:
    """POST /dead-letters/{dead_letter_id}/retry: has its bytes sent to their subject again.

    They go to all queue groups; those that handled them discard the copy. This says 202 once the
    request is kept, and the sweeper sends them within seconds. Asking again changes nothing, and
    the first reason stands. It takes a reason, or no body.
    """
    if "content-type" not in request.headers:
        return await _request(request, "retry", "")
    retrial = parse_model(Retrial, await read_json_body(request), noun="retrial")
    return await _request(request, "retry", retrial.reason or "")


async def resolve_dead_letter(request: Request) -> Response:
    """POST /dead-letters/{dead_letter_id}/resolve: closes it without sending it again.

    This says 202 once the request is kept; the event that records it follows within seconds.
    Asking again changes nothing, and the first reason stands.
    """
    resolution = parse_model(Resolution, await read_json_body(request), noun="resolution")
    return await _request(request, "resolve", resolution.reason)


async def _request(request: Request, action: Action, note: str) -> Response:
    require_accepts(request, JSON)
    letter, requests = await _letter(request), services_of(request).records.requests
    earlier = await requests.of(letter.dead_letter_id)
    standing = _of_action(earlier, action)
    if standing is None:
        _check(letter, action, earlier)
        await requests.keep(letter.dead_letter_id, action, note, caller_of(request).key_id)
        standing = _of_action(await requests.of(letter.dead_letter_id), action)
        assert standing is not None
    return document_response(request, RequestDocument.of(standing), status=202)


def _of_action(requests: list[DeadLetterRequest], action: Action) -> DeadLetterRequest | None:
    return next((one for one in requests if one.action == action), None)


def _check(letter: ListedDeadLetter, action: Action, earlier: list[DeadLetterRequest]) -> None:
    if letter.state == "resolved" or _of_action(earlier, "resolve") is not None:
        raise Problem(ProblemCode.DEAD_LETTER_CLOSED, "the dead letter is resolved already")
    if action == "retry" and not letter.is_repeatable:
        raise Problem(
            ProblemCode.DEAD_LETTER_CLOSED,
            "no role acts on the subject of this dead letter; resolve it, or use `tradewind dlq`",
        )


async def _letter(request: Request) -> ListedDeadLetter:
    dead_letter_id = request.path_params["dead_letter_id"]
    if not DEAD_LETTER_ID.fullmatch(dead_letter_id):
        raise invalid_parameter("dead_letter_id", "must be 1 to 128 letters, digits, - or _")
    letter = await services_of(request).records.dead_letters.one(dead_letter_id)
    if letter is not None:
        may_see = await visibility(request, [letter.correlation_id])
        if may_see(letter.correlation_id):
            return letter
    raise Problem(ProblemCode.DEAD_LETTER_NOT_FOUND, f"no dead letter has the id {dead_letter_id}")


ID: Final = path_parameter(
    "dead_letter_id",
    Annotated[str, Field(pattern=f"^{DEAD_LETTER_ID.pattern}$")],
    "The dead letter's id, such as `planner-workers-7`.",
)
COMMANDS: Final = [
    ProblemCode.DEAD_LETTER_NOT_FOUND,
    ProblemCode.DEAD_LETTER_CLOSED,
    ProblemCode.MALFORMED_JSON,
    ProblemCode.BODY_TIMEOUT,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.VALIDATION_FAILED,
    ProblemCode.READ_UNAVAILABLE,
]
_LIST: Final = Operation(
    "GET",
    "/dead-letters",
    list_dead_letters,
    tag="operations",
    scope=KeyScope.READ,
    answer=ListPage[DeadLetterDocument],
    parameters=[
        Parameter(
            "state",
            "query",
            Literal["open", "retried", "resolved"],
            "Only dead letters in this state.",
        ),
        PLACE_CURSOR,
        LIMIT,
    ],
    problems=[ProblemCode.READ_UNAVAILABLE],
)
_RETRY: Final = Operation(
    "POST",
    "/dead-letters/{dead_letter_id}/retry",
    retry_dead_letter,
    tag="operations",
    scope=KeyScope.ADMIN,
    answer=RequestDocument,
    status=202,
    body=Retrial,
    is_body_optional=True,
    parameters=[ID],
    problems=COMMANDS,
)
OPERATIONS = [
    _LIST,
    Operation(
        "GET",
        "/dead-letters/{dead_letter_id}",
        show_dead_letter,
        tag="operations",
        scope=KeyScope.READ,
        answer=WholeDeadLetter,
        parameters=[ID],
        problems=[ProblemCode.DEAD_LETTER_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    ),
    _RETRY,
    Operation(
        "POST",
        "/dead-letters/{dead_letter_id}/resolve",
        resolve_dead_letter,
        tag="operations",
        scope=KeyScope.ADMIN,
        answer=RequestDocument,
        status=202,
        body=Resolution,
        parameters=[ID],
        problems=COMMANDS,
    ),
    aliased(_LIST, "/api/v1/dlq", "list_dead_letters_v1"),
    aliased(_RETRY, "/api/v1/dlq/{dead_letter_id}/retry", "retry_dead_letter_v1"),
]
