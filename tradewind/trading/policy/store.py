"""Policies in PostgreSQL: the newest application says which one is in force, for all at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.risk.policy import PolicyDocument, canonical_json, content_of_policy
from tradewind.contracts.system.risk_limits import RiskLimitsApplied, RiskLimitsDefined
from tradewind.postgres import Connection
from tradewind.queries import load_queries
from tradewind.runtime.decisions import DecisionUnavailable
from tradewind.trading.policy.risk_policy import RiskPolicy

MAX_KEPT: Final = 8
"""Policies of a process that stay read: replicas of a stage use one, tests a few."""

QUERIES: Final = load_queries("tradewind.trading.policy")
_HEAD: Final = QUERIES["select_head"]
_APPLICATIONS: Final = QUERIES["select_applications"]
_BODY: Final = QUERIES["select_body"]
_INSERT_POLICY: Final = QUERIES["insert_policy"]
_INSERT_APPLICATION: Final = QUERIES["insert_application"]


class PolicyMissing(DecisionUnavailable):
    """The policy in force is not in this database yet: the ledger brings it. Decide later."""

    code = "POLICY_MISSING"


class AppliedPolicy(NamedTuple):
    """The policy that is in force, and how decisions refer to it."""

    reference: PolicyReference
    policy: RiskPolicy


NO_POLICY: Final = AppliedPolicy(PolicyReference(version=0), RiskPolicy())
"""While none was ever applied, only the settings and the registry of instruments limit."""


class Application(NamedTuple):
    """That a policy was put into force: by whom, and when."""

    application_id: str
    version: int
    content: ContentId
    applied_by: str
    applied_at: datetime


class Rows(Protocol):
    """A connection that returns the rows of a statement."""

    async def fetch(self, statement: str, /, *arguments: object) -> list[Any]: ...


class Recorded(Protocol):
    """An event of the ledger."""

    @property
    def event(self) -> AnyEvent: ...


_read: dict[ContentId, RiskPolicy] = {}
"""Policies by the hash of their content, which cannot change."""


async def current_policy(connection: Rows) -> AppliedPolicy:
    """Return the policy that is in force, as the connection's transaction sees it.

    It raises PolicyMissing while a restored database knows that there is one, but not which.
    """
    return await policy_of(connection, await head_of(connection))


async def policy_of(connection: Rows, head: Application | None) -> AppliedPolicy:
    """Return the policy that was put into force; it raises as `current_policy`."""
    if head is None:
        return NO_POLICY
    reference = PolicyReference(version=head.version, content=head.content)
    return AppliedPolicy(reference, await _policy(connection, head.content))


async def head_of(connection: Rows) -> Application | None:
    """Return the newest application, None while there is none."""
    rows = await connection.fetch(_HEAD)
    return Application(*rows[0]) if rows else None


async def applications(connection: Rows, before: str | None, limit: int) -> list[Application]:
    """Return applications, newest first; `before` is the id of the last one of a page."""
    return [Application(*row) for row in await connection.fetch(_APPLICATIONS, before, limit)]


async def apply_policies(connection: Connection, page: Iterable[Recorded]) -> Iterable[str]:
    """Keep the policies that a page of the ledger defines and applies, where they are not kept.

    Nobody has to be told: a policy is of no portfolio in particular.
    """
    for recorded in page:
        payload: Any = recorded.event.payload
        if isinstance(payload, RiskLimitsDefined):
            await keep_policy(connection, payload.limits)
        elif isinstance(payload, RiskLimitsApplied) and payload.policy.content is not None:
            await keep_application(connection, recorded.event)
    return ()


async def keep_policy(connection: Connection, document: PolicyDocument) -> None:
    """Keep a policy, unless it is kept already."""
    content = content_of_policy(document)
    await connection.execute(_INSERT_POLICY, content, canonical_json(document))


async def keep_application(connection: Connection, event: AnyEvent) -> None:
    """Keep that a policy was put into force, unless it is kept already."""
    applied: RiskLimitsApplied = event.payload
    policy = applied.policy
    row = (event.event_id, policy.version, policy.content, applied.applied_by, event.timestamp)
    await connection.execute(_INSERT_APPLICATION, *row)


async def _policy(connection: Rows, content: ContentId) -> RiskPolicy:
    policy = _read.get(content)
    if policy is None:
        rows = await connection.fetch(_BODY, content)
        if not rows:
            raise PolicyMissing(f"the risk policy {content} is not recorded yet")
        policy = RiskPolicy(PolicyDocument.model_validate_json(bytes(rows[0]["body"])))
        while len(_read) >= MAX_KEPT:
            del _read[next(iter(_read))]
        _read[content] = policy
    return policy
