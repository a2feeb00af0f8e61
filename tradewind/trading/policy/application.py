"""Puts a policy into force: one transaction, after which every decision is made by it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.risk.policy import PolicyDocument, content_of_policy
from tradewind.errors import PermanentError
from tradewind.postgres import Connection
from tradewind.trading.policy.changes import Change, changes_of, loosened_by
from tradewind.trading.policy.events import application_of, definition_of
from tradewind.trading.policy.store import (
    QUERIES,
    AppliedPolicy,
    current_policy,
    keep_application,
    keep_policy,
)

_LOCK: Final = QUERIES["lock_head"]
_KEEP_EVENT: Final = QUERIES["keep_event"]


class PolicyChanged(PermanentError):
    """Somebody applied another policy since yours was compared. Look at it and apply again."""

    code = "POLICY_CHANGED"


class PolicyLoosens(PermanentError):
    """The policy lets more through than the one in force, and nobody said that it may."""

    code = "POLICY_LOOSENS"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A policy beside the one that is in force."""

    current: PolicyReference
    document: PolicyDocument
    changes: Sequence[Change]
    loosened: Sequence[Change]

    @property
    def is_in_force(self) -> bool:
        """Whether the policy is in force already."""
        return self.current.content == content_of_policy(self.document)


async def compare(connection: Connection, document: PolicyDocument) -> Comparison:
    """Return what a policy would change."""
    current = await current_policy(connection)
    # Hundreds of scopes on both sides take seconds, in which a gateway has others to answer.
    return await asyncio.to_thread(comparison_with, current, document)


def comparison_with(current: AppliedPolicy, document: PolicyDocument) -> Comparison:
    """Return what a policy would change of another one that is in force."""
    before = current.policy.document
    changes, loosened = changes_of(before, document), loosened_by(before, document)
    return Comparison(current.reference, document, changes, loosened)


async def apply(
    connection: Connection,
    compared: Comparison,
    *,
    applied_by: str,
    may_loosen: bool,
    producer: str,
    at: datetime,
) -> PolicyReference:
    """Put a policy into force that was compared with the one in force; return its reference.

    It raises PolicyChanged when another one came into force since, and PolicyLoosens. Applying what
    is in force changes nothing.
    """
    if not may_loosen:
        check_tightens(compared)
    if compared.is_in_force:
        return compared.current
    content = content_of_policy(compared.document)
    reference = PolicyReference(version=compared.current.version + 1, content=content)
    applied = application_of(
        reference, applied_by, compared.loosened, producer, at, compared.changes
    )
    async with connection.transaction():
        await connection.execute(_LOCK)
        newest = (await current_policy(connection)).reference
        if newest != compared.current:
            raise PolicyChanged(f"version {newest.version} is in force by now")
        await keep_policy(connection, compared.document)
        await keep_application(connection, applied)
        for event in (definition_of(compared.document), applied):
            await _keep_event(connection, event)
    return reference


def check_tightens(compared: Comparison) -> None:
    """Raise PolicyLoosens where a policy lets more through than the one in force."""
    if compared.loosened:
        first = "; ".join(map(str, compared.loosened[:3]))
        raise PolicyLoosens(f"{len(compared.loosened)} limits let more through: {first}")


async def _keep_event(connection: Connection, event: AnyEvent) -> None:
    row = event.event_id, event.correlation_id, event.subject, event.to_bytes()
    await connection.execute(_KEEP_EVENT, *row)
