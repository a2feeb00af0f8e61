"""Shows the limits of risk that are in force, and applies others."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import LimitsUnavailable
from gateway.http.bodies import read_json_body
from gateway.http.caller import Accounts, KeyScope, caller_of
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation, Parameter
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import integer
from gateway.http.responses import document_response
from gateway.http.strict_json import parse_model
from gateway.services import services_of
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.risk.policy import MAX_POLICY_VERSION, PolicyDocument
from tradewind.contracts.roles import Role
from tradewind.contracts.wire import Document, Timestamp
from tradewind.errors import TransientError
from tradewind.runtime import clock
from tradewind.trading.policy.journal import PolicyInForce


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
    try:
        await policies.apply(
            document,
            applied_by=caller.key_id,
            producer=Role.GATEWAY.value,
            at=clock.now(),
            expected_version=integer(request, "version", 0, MAX_POLICY_VERSION),
        )
        found = await policies.in_force()
    except TransientError as error:
        raise LimitsUnavailable(str(error)) from error
    return document_response(request, _shown(found, caller.accounts))


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
    int,
    "Apply the policy only if this is the version in force; 0 if there never was one.",
)
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
        problems=[
            ProblemCode.MALFORMED_JSON,
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            ProblemCode.VALIDATION_FAILED,
            ProblemCode.BODY_TIMEOUT,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.ACCOUNT_NOT_COVERED,
            ProblemCode.POLICY_CHANGED,
            ProblemCode.LIMITS_UNAVAILABLE,
        ],
    ),
]
