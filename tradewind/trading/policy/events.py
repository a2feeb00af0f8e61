"""The events of a policy: its content under its hash, and that it was put into force."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.risk.policy import PolicyDocument, content_of_policy
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.risk_limits import (
    MAX_LOOSENED,
    MAX_LOOSENED_LENGTH,
    RiskLimitsApplied,
    RiskLimitsDefined,
)

DEFINED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A policy is the same event however often and whenever it is applied, so it has no time of its
own; that of an application is in the event of the application."""
ULID_ENTROPY_BYTES: Final = 10


def definition_correlation(content: ContentId) -> str:
    """Return the correlation id of the history whose only event is the policy."""
    return make_correlation_id(CorrelationKind.SYSTEM, content)


def definition_of(document: PolicyDocument) -> Event[RiskLimitsDefined]:
    """Return the event that records a policy."""
    return first_event(
        RiskLimitsDefined(limits=document),
        correlation_id=definition_correlation(content_of_policy(document)),
        key=EventKey(),
        producer=Role.PORTFOLIO,
        at=DEFINED_AT,
    )


def application_of(
    policy: PolicyReference,
    applied_by: str,
    loosened: Sequence[object],
    producer: str,
    at: datetime,
    changes: Sequence[object] = (),
) -> Event[RiskLimitsApplied]:
    """Return the event that a policy was put into force, in a history of its own."""
    ulid = make_ulid(int(at.timestamp() * 1_000), os.urandom(ULID_ENTROPY_BYTES))
    return first_event(
        RiskLimitsApplied(
            policy=policy, applied_by=applied_by, loosened=_told(loosened), changes=_told(changes)
        ),
        correlation_id=make_correlation_id(CorrelationKind.SYSTEM, ulid),
        key=EventKey(),
        producer=producer,
        at=at,
    )


def _told(changes: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(one)[:MAX_LOOSENED_LENGTH] for one in changes[:MAX_LOOSENED])
