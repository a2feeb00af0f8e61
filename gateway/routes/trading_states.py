"""Shows which trading states are in force, and changes them."""

from typing import Annotated, Final, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.commands.trading_states import check_own
from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import path_parameter
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.one_line import ONE_LINE_PATTERN
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter
from gateway.http.problems import ProblemCode
from gateway.http.query import chosen, integer
from gateway.http.responses import document_response
from gateway.http.strict_json import parse_model
from gateway.services import services_of
from tradewind.contracts.ids import MAX_SEQUENCE
from tradewind.contracts.system.trading_states import (
    MAX_REASON_LENGTH,
    Scope,
    ScopeText,
    TradingState,
)
from tradewind.contracts.wire import Document, Timestamp
from tradewind.trading.halts.documents import TradingStateDocument
from tradewind.trading.halts.records import StateChange
from tradewind.trading.halts.store import MAX_LISTED

YES: Final = ("true",)
Reason = Annotated[str, Field(min_length=1, max_length=MAX_REASON_LENGTH, pattern=ONE_LINE_PATTERN)]


class WantedState(Document):
    """A state that is to be in force; `active` ends the one that is."""

    state: TradingState
    reason: Reason
    until: Timestamp | None = None
    """When it ends by itself, within 366 days. A lock needs an end."""


class TighterState(Document):
    """A state that forbids more than the one in force, or for longer."""

    state: Literal["reducing", "halted"]
    reason: Reason
    until: Timestamp | None = None
    """When it ends by itself, within 366 days. A lock needs an end."""


class TradingStates(Document):
    """Trading states, the worst first."""

    states: tuple[TradingStateDocument, ...]


async def list_trading_states(request: Request) -> Response:
    """GET /risk/states: the trading states in force that concern the caller's accounts.

    A scope that is not listed is active. With `past=true` those are listed as well that were set
    once and are not in force any more.
    """
    with_past = chosen(request, "past", YES) is not None
    services = services_of(request)
    states = await services.states.visible(caller_of(request).accounts, with_past=with_past)
    return document_response(
        request, TradingStates(states=tuple(map(TradingStateDocument.of, states)))
    )


async def put_trading_state(request: Request) -> Response:
    """PUT /risk/states/{scope}: puts a state into force, or ends the one that is.

    From the answer on nothing is signed or submitted that the state forbids, on whatever way it is
    already. What was signed before is followed to its end. The same state again changes nothing.
    """
    wanted = parse_model(WantedState, await read_json_body(request), noun="state")
    return await _change(request, wanted, only_tightens=False)


async def tighten_trading_state(request: Request) -> Response:
    """POST /risk/states/{scope}/tighten: stops the caller's own accounts, or a part of them.

    It is the same as to put a state, for whoever may not allow anything: a scope stays as tight as
    it is, and has nothing in it that the key is not about.
    """
    body = await read_json_body(request)
    check_own(_scope(request), caller_of(request).accounts)
    wanted = parse_model(TighterState, body, noun="state")
    return await _change(request, wanted, only_tightens=True)


async def _change(
    request: Request, wanted: WantedState | TighterState, *, only_tightens: bool
) -> Response:
    require_accepts(request, JSON)
    change = StateChange(
        _scope(request),
        TradingState(wanted.state),
        wanted.reason,
        caller_of(request).key_id,
        wanted.until,
    )
    state = await services_of(request).states.change(
        change,
        expected_version=integer(request, "version", 0, MAX_SEQUENCE),
        only_tightens=only_tightens,
    )
    return document_response(request, TradingStateDocument.of(state))


def _scope(request: Request) -> Scope:
    try:
        return Scope.parse(request.path_params["scope"])
    except ValueError as error:
        raise invalid_parameter("scope", str(error)) from None


SCOPE: Final = path_parameter(
    "scope",
    ScopeText,
    "What the state is about: `everything`, `account:<id>`, `portfolio:<id>`, `strategy:<id>`, "
    "`instrument:<key>`, `venue:<name>`, `chain:<name>`, `wallet:<chain>:<address>`, "
    "`lock:<instrument>` or `lock:<portfolio>:<instrument>`.",
)
VERSION: Final = Parameter(
    "version",
    "query",
    Annotated[int, Field(ge=0, le=MAX_SEQUENCE)],
    "Change the state only if this is its version; 0 if the scope never had one.",
)
CHANGES: Final = [
    ProblemCode.MALFORMED_JSON,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.VALIDATION_FAILED,
    ProblemCode.BODY_TIMEOUT,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.STATE_CHANGED,
    ProblemCode.STATE_UNAVAILABLE,
    ProblemCode.TOO_MANY_STATE_CHANGES,
]
OPERATIONS: Final = [
    Operation(
        "GET",
        "/risk/states",
        list_trading_states,
        tag="risk",
        scope=KeyScope.READ,
        answer=TradingStates,
        parameters=[
            Parameter(
                "past",
                "query",
                Literal["true"],
                f"Also those not in force any more; {MAX_LISTED} are listed at most.",
            )
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "PUT",
        "/risk/states/{scope}",
        put_trading_state,
        tag="risk",
        scope=KeyScope.ADMIN,
        answer=TradingStateDocument,
        body=WantedState,
        parameters=[SCOPE, VERSION],
        problems=CHANGES,
    ),
    Operation(
        "POST",
        "/risk/states/{scope}/tighten",
        tighten_trading_state,
        tag="risk",
        scope=KeyScope.TRADE,
        answer=TradingStateDocument,
        body=TighterState,
        parameters=[SCOPE, VERSION],
        problems=[
            *CHANGES,
            ProblemCode.ACCOUNT_NOT_COVERED,
            ProblemCode.STATE_LOOSENED,
        ],
    ),
]
