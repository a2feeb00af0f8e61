"""Shows which limits of risk were in force when, and what others would change."""

from typing import Final

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import LIMIT
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import page_size
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import ListPage, cut, page_of, typed
from gateway.http.responses import document_response
from gateway.http.strict_json import parse_model
from gateway.services import services_of
from tradewind.contracts.ids import Ulid
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.risk.policy import PolicyDocument, content_of_policy
from tradewind.contracts.wire import Document, Timestamp
from tradewind.trading.policy.application import Comparison
from tradewind.trading.policy.changes import Change, capped_by_hard, written

_ULID: Final = TypeAdapter[str](Ulid)


class RiskLimitsApplication(Document):
    """That a policy was put into force."""

    id: Ulid
    """The event that tells of it, in a history of its own."""
    version: int
    content: ContentId
    """The SHA-256 of the policy's canonical JSON; the policy is the history `system-<this>`."""
    applied_by: str
    applied_at: Timestamp


class LimitChange(Document):
    """A limit that is said, or in force, otherwise; null where there is none."""

    scope: str
    name: str
    before: str | None
    after: str | None


class CappedLimit(Document):
    """A limit that is looser than the hard one, which holds."""

    scope: str
    name: str
    value: str
    hard: str


class RiskLimitsComparison(Document):
    """A policy beside the one in force."""

    version: int
    """Of the policy in force; 0 before the first one."""
    content: ContentId
    """The SHA-256 of the canonical JSON of the policy that was sent."""
    is_in_force: bool
    changes: tuple[LimitChange, ...]
    """What is written otherwise."""
    loosened: tuple[LimitChange, ...]
    """The limits in force that would let more through than now."""
    capped: tuple[CappedLimit, ...]


async def list_risk_limits(request: Request) -> Response:
    """GET /risk/limits/history: which policies were put into force, by whom and when, newest first.

    The policy of one is the event in the history `system-<content>`.
    """
    before = typed(request, "cursor", _ULID, "the next_cursor of a page")
    limit = page_size(request)
    found = await services_of(request).policies.history(before, limit + 1)
    page, last = cut(found, limit)
    items = [
        RiskLimitsApplication(
            id=one.application_id,
            version=one.version,
            content=one.content,
            applied_by=one.applied_by,
            applied_at=one.applied_at,
        )
        for one in page
    ]
    return document_response(request, page_of(items, None if last is None else last[0]))


async def compare_risk_limits(request: Request) -> Response:
    """POST /risk/limits:compare: what a policy would change, and where it lets more through.

    It changes nothing. A policy that is none is answered as if it were to be applied.
    """
    document = parse_model(PolicyDocument, await read_json_body(request), noun="policy")
    if not caller_of(request).accounts.are_all:
        raise Problem(
            ProblemCode.ACCOUNT_NOT_COVERED,
            "a policy is about every portfolio, and this key is not",
        )
    compared = await services_of(request).policies.compare(document)
    return document_response(request, _shown(compared))


def _shown(compared: Comparison) -> RiskLimitsComparison:
    capped = [
        CappedLimit(scope=one.scope, name=one.name, value=one.text, hard=hard.text)
        for one, hard in capped_by_hard(compared.document)
    ]
    return RiskLimitsComparison(
        version=compared.current.version,
        content=content_of_policy(compared.document),
        is_in_force=compared.is_in_force,
        changes=tuple(map(_change, compared.changes)),
        loosened=tuple(map(_change, compared.loosened)),
        capped=tuple(capped),
    )


def _change(change: Change) -> LimitChange:
    before, after = (
        None if value is None else written(value) for value in (change.before, change.after)
    )
    return LimitChange(scope=change.scope, name=change.name, before=before, after=after)


OPERATIONS: Final = [
    Operation(
        "GET",
        "/risk/limits/history",
        list_risk_limits,
        tag="risk",
        scope=KeyScope.READ,
        answer=ListPage[RiskLimitsApplication],
        parameters=[
            Parameter("cursor", "query", Ulid, "The `next_cursor` of the page before."),
            LIMIT,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "POST",
        "/risk/limits:compare",
        compare_risk_limits,
        tag="risk",
        scope=KeyScope.ADMIN,
        answer=RiskLimitsComparison,
        body=PolicyDocument,
        problems=[
            ProblemCode.MALFORMED_JSON,
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            ProblemCode.VALIDATION_FAILED,
            ProblemCode.BODY_TIMEOUT,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.ACCOUNT_NOT_COVERED,
            ProblemCode.READ_UNAVAILABLE,
        ],
    ),
]
