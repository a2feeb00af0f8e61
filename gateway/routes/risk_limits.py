"""Shows the limits of risk that are in force, and applies others."""

from collections.abc import Awaitable
from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.commands.trading_states import check_own
from gateway.errors import AccountNotCovered, LimitsUnavailable
from gateway.http.bodies import read_json_body
from gateway.http.caller import Accounts, KeyScope, caller_of
from gateway.http.field_errors import FieldError
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation, Parameter
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import integer
from gateway.http.responses import document_response
from gateway.http.strict_json import InvalidDocument, parse_model
from gateway.services import services_of
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.risk.policy import MAX_POLICY_VERSION, PolicyDocument
from tradewind.contracts.roles import Role
from tradewind.contracts.system.trading_states import Scope, ScopeKind
from tradewind.contracts.wire import Document, Timestamp
from tradewind.errors import TransientError
from tradewind.runtime import clock
from tradewind.trading.policy.journal import PolicyInForce
from tradewind.trading.policy.policy_file import PolicyRefused


class RiskLimitsInForce(Document):
    """The risk policy in force. Without the portfolios that the caller's key does not cover."""

    version: int
    """0 while no policy was ever applied."""
    content: ContentId | None = None
    """The SHA-256 of the whole policy's canonical JSON."""
    applied_by: str | None = None
    applied_at: Timestamp | None = None
    limits: PolicyDocument


async def show_risk_limits(request: Request) -> Response:
    """GET /risk/limits: the limits in force by scope, who applied them, and when.

    Every decision that is made from `applied_at` on is made by them.
    """
    found = await services_of(request).policies.in_force()
    return document_response(request, _shown(found, caller_of(request).accounts))


async def put_risk_limits(request: Request) -> Response:
    """PUT /risk/limits: puts a whole policy into force, for all that is decided from the answer on.

    It may loosen limits, so it takes the scope `admin`. The same policy again changes nothing. With
    `version` it is only applied where that is still the version in force.
    """
    document = parse_model(PolicyDocument, await read_json_body(request), noun="policy")
    require_accepts(request, JSON)
    caller, policies = caller_of(request), services_of(request).policies
    if not caller.accounts.are_all:
        raise Problem(
            ProblemCode.ACCOUNT_NOT_COVERED,
            "a policy is about every portfolio, and this key is not",
        )
    await _within_certainty(
        policies.apply(
            document,
            applied_by=caller.key_id,
            producer=Role.GATEWAY.value,
            at=clock.now(),
            expected_version=integer(request, "version", 0, MAX_POLICY_VERSION),
        )
    )
    return await _answer(request)


async def tighten_risk_limits(request: Request) -> Response:
    """POST /risk/limits/tighten: changes some limits, if nothing more is let through by that.

    What the body names takes the place of what is said there, null takes a limit away; what it does
    not name stays. What counts is what would be in force for any portfolio and instrument, not how
    it is written: a change that lets anything through is refused, and changes nothing. A key that
    is about some accounts tightens limits of its portfolios.
    """
    change = parse_model(PolicyDocument, await read_json_body(request), noun="policy")
    require_accepts(request, JSON)
    caller = caller_of(request)
    _check_own(change, caller.accounts)
    try:
        await _within_certainty(
            services_of(request).policies.tighten(
                change,
                applied_by=caller.key_id,
                producer=Role.GATEWAY.value,
                at=clock.now(),
                expected_version=integer(request, "version", 0, MAX_POLICY_VERSION),
            )
        )
    except PolicyRefused as error:
        field, _, message = str(error).partition(": ")
        raise InvalidDocument("policy", (FieldError(field, message),)) from None
    return await _answer(request)


def _check_own(change: PolicyDocument, accounts: Accounts) -> None:
    """Raise AccountNotCovered where a change is about more than the accounts of a key."""
    if accounts.are_all:
        return
    if others := sorted(change.model_fields_set - {"portfolios"}):
        raise AccountNotCovered(others[0], others[0])
    for portfolio_id in change.portfolios:
        try:
            check_own(Scope(ScopeKind.PORTFOLIO, portfolio_id), accounts)
        except AccountNotCovered:
            raise AccountNotCovered(f"portfolios.{portfolio_id}", portfolio_id) from None


async def _within_certainty(work: Awaitable[None]) -> None:
    try:
        await work
    except TransientError as error:
        raise LimitsUnavailable(str(error)) from error


async def _answer(request: Request) -> Response:
    """Return what is in force after a change."""
    try:
        found = await services_of(request).policies.in_force()
    except TransientError as error:
        raise LimitsUnavailable(str(error)) from error
    return document_response(request, _shown(found, caller_of(request).accounts))


def _shown(found: PolicyInForce, accounts: Accounts) -> RiskLimitsInForce:
    head, document = found
    own = {
        portfolio_id: limits
        for portfolio_id, limits in document.portfolios.items()
        if accounts.cover_portfolio(portfolio_id)
    }
    limits = document.model_copy(update={"portfolios": own})
    if head is None:
        return RiskLimitsInForce(version=0, limits=limits)
    return RiskLimitsInForce(
        version=head.version,
        content=head.content,
        applied_by=head.applied_by,
        applied_at=head.applied_at,
        limits=limits,
    )


VERSION: Final = Parameter(
    "version",
    "query",
    Annotated[int, Field(ge=0, le=MAX_POLICY_VERSION)],
    "Apply the policy only if this is the version in force; 0 if there never was one.",
)
CHANGES: Final = [
    ProblemCode.MALFORMED_JSON,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.VALIDATION_FAILED,
    ProblemCode.BODY_TIMEOUT,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.ACCOUNT_NOT_COVERED,
    ProblemCode.POLICY_CHANGED,
    ProblemCode.LIMITS_UNAVAILABLE,
]
OPERATIONS: Final = [
    Operation(
        "GET",
        "/risk/limits",
        show_risk_limits,
        tag="risk",
        scope=KeyScope.READ,
        answer=RiskLimitsInForce,
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "PUT",
        "/risk/limits",
        put_risk_limits,
        tag="risk",
        scope=KeyScope.ADMIN,
        answer=RiskLimitsInForce,
        body=PolicyDocument,
        parameters=[VERSION],
        problems=CHANGES,
    ),
    Operation(
        "POST",
        "/risk/limits/tighten",
        tighten_risk_limits,
        tag="risk",
        scope=KeyScope.TRADE,
        answer=RiskLimitsInForce,
        body=PolicyDocument,
        parameters=[VERSION],
        problems=[*CHANGES, ProblemCode.POLICY_LOOSENS],
    ),
]
