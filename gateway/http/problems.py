"""Turns errors into problem details (RFC 9457), the shape of every answer that is no success.

A route raises a `Problem`, or lets pass an error that `_PROBLEM_OF` maps to one. Nothing else of an
error reaches the client.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from gateway.backtests.errors import (
    BacktestUnavailable,
    InvalidParams,
    RangeTooLarge,
    TooManyBacktests,
    UnknownDataset,
    UnknownStrategy,
)
from gateway.errors import (
    AccountNotCovered,
    ApprovalUnavailable,
    CancelUnavailable,
    CannotTell,
    InstrumentUnavailable,
    LimitsUnavailable,
    NothingHeld,
    Overloaded,
    PreviewUnavailable,
    SignalUnavailable,
    StateUnavailable,
    SubmissionUnknown,
)
from gateway.http.field_errors import FieldError
from gateway.http.field_paths import WHOLE_DOCUMENT
from gateway.http.limits import MAX_SHOWN_INSTANCE_CHARACTERS
from gateway.http.media_types import PROBLEM_JSON
from gateway.http.problem_codes import ProblemCode as ProblemCode
from gateway.http.strict_json import InvalidDocument, MalformedJson
from gateway.limits.fields import rate_limit_fields
from gateway.limits.limiter import RateLimited
from tradewind.contracts.wire import format_timestamp
from tradewind.errors import TradewindError, TransientError
from tradewind.ledger.transfer.exporter import MAX_FILE_BYTES, HistoryTooLarge
from tradewind.ledger.upkeep.ingress import IngressTooLate, IngressUnavailable, KeyUsed
from tradewind.readmodels.reader import Rebuilding
from tradewind.timeline.moments import SequenceArchived, SequenceInFuture, TimelineBehind
from tradewind.trading.approvals.errors import ApprovalDecided, ApprovalNotAwaited
from tradewind.trading.halts.errors import (
    InvalidChange,
    StateChanged,
    StateLoosened,
    TooManyChanges,
)
from tradewind.trading.instruments.store import (
    InstrumentConflict,
    InstrumentExists,
    TooManyInstruments,
)
from tradewind.trading.policy.application import PolicyChanged, PolicyLoosens

RETRY_AFTER_SECONDS: Final = 2
TYPE_PREFIX: Final = "urn:tradewind:problem:"


class Problem(Exception):
    """The request is answered with these problem details."""

    def __init__(
        self,
        code: ProblemCode,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code.name}: {detail}")
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


def problem_of(error: Exception) -> Problem:
    """Return the problem that answers an error; an unexpected one is INTERNAL_ERROR."""
    kind = next(kind for kind in type(error).__mro__ if kind in _PROBLEM_OF)
    return _PROBLEM_OF[kind](error)


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer an error that left a route; Starlette calls this for EXPECTED_ERRORS."""
    problem = problem_of(error)
    if problem.code is ProblemCode.METHOD_NOT_ALLOWED:
        problem.headers["Allow"] = ", ".join(sorted(_methods_of_path(request)))
    return _response(request, problem)


async def send_problem(error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an error outside of a route: in a middleware, or to a WebSocket handshake."""
    response = _response(HTTPConnection(scope), problem_of(error))
    await response(scope, receive, send)


def body_of_problem(problem: Problem, path: str = "", request_id: str = "") -> bytes:
    """Return the document of a problem."""
    code = problem.code
    document: dict[str, Any] = {
        "type": TYPE_PREFIX + code.name.lower().replace("_", "-"),
        "title": code.title,
        "status": code.status,
        "detail": problem.detail,
        "instance": path[:MAX_SHOWN_INSTANCE_CHARACTERS],
        "code": code.name,
        "request_id": request_id,
        "errors": [error.as_document() for error in problem.errors],
        **problem.extra,
    }
    return orjson.dumps(document, default=str)


def _response(connection: HTTPConnection, problem: Problem) -> Response:
    scope = connection.scope
    body = body_of_problem(problem, scope["path"], scope.get("request_id", ""))
    return Response(body, problem.code.status, problem.headers, PROBLEM_JSON)


def _methods_of_path(request: Request) -> set[str]:
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return methods


def _ask_again(code: ProblemCode, detail: str, **extra: Any) -> Problem:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return Problem(code, detail, headers=headers, extra=extra)


def _asking_again(code: ProblemCode, detail: str) -> Callable[[Any], Problem]:
    """Return what answers every error of a kind alike: it may work another time."""
    return lambda _: _ask_again(code, detail)


def _of_http_exception(error: HTTPException) -> Problem:
    """Map what Starlette raises itself, for an unknown path or a wrong method."""
    code = _CODE_OF_STATUS.get(error.status_code, ProblemCode.BAD_REQUEST)
    return Problem(code, _DETAIL_OF.get(code, code.title))


def _of_malformed_json(error: MalformedJson) -> Problem:
    errors = error.errors or (FieldError(WHOLE_DOCUMENT, error.detail),)
    return Problem(ProblemCode.MALFORMED_JSON, f"the body {error.detail}", errors=errors)


def _of_invalid_document(error: InvalidDocument) -> Problem:
    fields = ", ".join(dict.fromkeys(one.field for one in error.errors))
    detail = f"the {error.noun} is invalid: {fields}"
    return Problem(ProblemCode.VALIDATION_FAILED, detail, errors=error.errors)


def _of_used_key(_: KeyUsed) -> Problem:
    return Problem(
        ProblemCode.IDEMPOTENCY_KEY_USED, "this Idempotency-Key came with another body before"
    )


def _of_overloaded(error: Overloaded) -> Problem:
    return Problem(
        ProblemCode.OVERLOADED,
        f"what waits already takes about {error.wait_seconds} s, which is longer than the "
        "time_window; submit it again",
        headers={"Retry-After": str(error.retry_after_seconds)},
    )


def _of_submission_unknown(error: SubmissionUnknown) -> Problem:
    if not error.is_its_id:
        return _ask_again(
            ProblemCode.OUTCOME_UNKNOWN,
            "it is not certain that the intent was kept: submit it again with the same "
            "Idempotency-Key, and it is the same intent",
        )
    intent_id = error.event.payload.intent_id
    expires_at = format_timestamp(error.event.payload.expires_at)
    return _ask_again(
        ProblemCode.OUTCOME_UNKNOWN,
        f"it is not certain that the intent was kept: look up /intents/{intent_id} before "
        f"submitting it again; it cannot be executed after {expires_at}",
        intent_id=intent_id,
        expires_at=expires_at,
    )


def _of_approval_decided(error: ApprovalDecided) -> Problem:
    return Problem(ProblemCode.APPROVAL_DECIDED, str(error), extra=error.facts)


def _of_state_unavailable(error: StateUnavailable) -> Problem:
    return _ask_again(
        ProblemCode.STATE_UNAVAILABLE,
        f"the state of {error} may or may not be changed; ask again, it is the same change",
    )


def _of_refused_change(error: TradewindError) -> Problem:
    """Map what a change may come up against; its code is that of the problem."""
    return Problem(ProblemCode[error.code], str(error))


def _of_invalid_change(error: InvalidChange) -> Problem:
    field, _, message = str(error).partition(": ")
    return Problem(
        ProblemCode.VALIDATION_FAILED,
        f"the state is invalid: {field}",
        errors=[FieldError(field, message)],
    )


def _of_rate_limited(error: RateLimited) -> Problem:
    policy = error.refused.policy
    return Problem(
        ProblemCode.RATE_LIMITED,
        f"no more than {policy.quota} in {policy.window_seconds} s by the policy {policy.name}",
        headers=rate_limit_fields(error.standings) | {"Retry-After": str(error.wait_seconds)},
    )


def _of_account(error: AccountNotCovered) -> Problem:
    message = f"{error.account} is none of the accounts of this key"
    return Problem(
        ProblemCode.ACCOUNT_NOT_COVERED,
        f"{error.field}: {message}",
        errors=[FieldError(error.field, message)],
    )


def _of_backtest(
    error: UnknownDataset | UnknownStrategy | InvalidParams | RangeTooLarge | TooManyBacktests,
) -> Problem:
    code = ProblemCode[error.code]
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if code.status == 429 else None
    return Problem(code, str(error), errors=error.errors, headers=headers)


def _of_large_history(_: HistoryTooLarge) -> Problem:
    return Problem(
        ProblemCode.HISTORY_TOO_LARGE,
        f"the file has more than {MAX_FILE_BYTES} bytes; `tradewind history export` writes it",
    )


def _of_defect(_: Exception) -> Problem:
    return Problem(ProblemCode.INTERNAL_ERROR, "the error is logged under the request id")


_REFUSED_CHANGES: Final = (
    *(ApprovalNotAwaited, NothingHeld, PolicyChanged, PolicyLoosens, InstrumentConflict),
    *(InstrumentExists, TooManyInstruments, StateChanged, StateLoosened, TooManyChanges),
)
_REFUSED_BACKTESTS: Final = (
    *(UnknownDataset, UnknownStrategy, InvalidParams, RangeTooLarge, TooManyBacktests),
)
_PROBLEM_OF: Final[Mapping[type, Callable[[Any], Problem]]] = {
    Problem: lambda problem: problem,
    HTTPException: _of_http_exception,
    MalformedJson: _of_malformed_json,
    InvalidDocument: _of_invalid_document,
    KeyUsed: _of_used_key,
    IngressUnavailable: _asking_again(
        ProblemCode.STORE_UNAVAILABLE, "intents cannot be kept at the moment; submit it again"
    ),
    IngressTooLate: _asking_again(
        ProblemCode.STORE_UNAVAILABLE,
        "keeping the intent took longer than its time_window; submit it again",
    ),
    Overloaded: _of_overloaded,
    SubmissionUnknown: _of_submission_unknown,
    AccountNotCovered: _of_account,
    Rebuilding: _asking_again(
        ProblemCode.REBUILDING, "the cache is not complete, and the ledger is busy; ask again"
    ),
    **dict.fromkeys(_REFUSED_BACKTESTS, _of_backtest),
    BacktestUnavailable: _asking_again(
        ProblemCode.BACKTEST_UNAVAILABLE,
        "it may or may not be done; ask again: with the same Idempotency-Key it is the same",
    ),
    HistoryTooLarge: _of_large_history,
    SequenceInFuture: lambda error: Problem(
        ProblemCode.SEQUENCE_IN_FUTURE, f"the last global_seq is {error.last}"
    ),
    SequenceArchived: lambda error: Problem(
        ProblemCode.SEQUENCE_ARCHIVED, f"the oldest global_seq is {error.oldest}"
    ),
    TimelineBehind: _asking_again(
        ProblemCode.REBUILDING, "the historian has not come that far yet; ask again"
    ),
    RateLimited: _of_rate_limited,
    CannotTell: _asking_again(
        ProblemCode.AUTHENTICATION_UNAVAILABLE,
        "it cannot be told now whether the request may be believed; send it again, signed anew",
    ),
    CancelUnavailable: _asking_again(
        ProblemCode.CANCEL_UNAVAILABLE,
        "the request to cancel may not be kept; ask again, it is the same request",
    ),
    PreviewUnavailable: _asking_again(
        ProblemCode.PREVIEW_UNAVAILABLE, "risk or planner did not answer in time; ask again"
    ),
    InstrumentUnavailable: _asking_again(
        ProblemCode.INSTRUMENT_UNAVAILABLE,
        "the instrument may or may not be changed; ask again, it is the same change",
    ),
    SignalUnavailable: _asking_again(
        ProblemCode.SIGNAL_UNAVAILABLE,
        "the signal may or may not be kept; send it again, the same signal is kept once",
    ),
    LimitsUnavailable: _asking_again(
        ProblemCode.LIMITS_UNAVAILABLE,
        "it is not certain that the limits were applied; ask again, it is the same policy",
    ),
    ApprovalUnavailable: _asking_again(
        ProblemCode.APPROVAL_UNAVAILABLE,
        "the answer may not be kept; give it again, the first one stands",
    ),
    ApprovalDecided: _of_approval_decided,
    StateUnavailable: _of_state_unavailable,
    **dict.fromkeys(_REFUSED_CHANGES, _of_refused_change),
    InvalidChange: _of_invalid_change,
    TransientError: _asking_again(
        ProblemCode.READ_UNAVAILABLE, "neither the cache nor the ledger answered; ask again"
    ),
    Exception: _of_defect,
}
"""The problem of every kind of error; where several kinds fit, the most specific one counts."""

EXPECTED_ERRORS: Final = tuple(kind for kind in _PROBLEM_OF if kind is not Exception)
"""What a route may raise. Anything else is a defect, and FailureMiddleware logs it as well."""

_CODE_OF_STATUS: Final = {
    400: ProblemCode.BAD_REQUEST,
    404: ProblemCode.NOT_FOUND,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    406: ProblemCode.NOT_ACCEPTABLE,
    413: ProblemCode.BODY_TOO_LARGE,
}
_DETAIL_OF: Final = {
    ProblemCode.NOT_FOUND: "no route has this path; docs/contracts/rest.md lists them",
    ProblemCode.METHOD_NOT_ALLOWED: "the Allow header lists the methods of this path",
}
