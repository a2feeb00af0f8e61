"""The policy in force as callers see it and change it; any number of processes may."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from tradewind.contracts.risk.policy import PolicyDocument
from tradewind.postgres import Pool, outage_is_transient
from tradewind.trading.policy.application import (
    Comparison,
    PolicyChanged,
    apply,
    compare,
    comparison_with,
)
from tradewind.trading.policy.merging import merged
from tradewind.trading.policy.store import (
    Application,
    applications,
    current_policy,
    head_of,
)


class PolicyInForce(NamedTuple):
    """A policy, and when it was put into force; nothing for the one before the first."""

    application: Application | None
    document: PolicyDocument


class PolicyJournal:
    """Reads and applies policies. Every method raises TransientError while PostgreSQL is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def in_force(self) -> PolicyInForce:
        """Return the policy in force."""
        with outage_is_transient():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                policy = (await current_policy(connection)).policy
                return PolicyInForce(await head_of(connection), policy.document)

    async def compare(self, document: PolicyDocument) -> Comparison:
        """Return what a policy would change."""
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                return await compare(connection, document)

    async def history(self, before: str | None, limit: int) -> list[Application]:
        """Return which policies were put into force, newest first, before an application."""
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                return await applications(connection, before, limit)

    async def apply(
        self,
        document: PolicyDocument,
        *,
        applied_by: str,
        producer: str,
        at: datetime,
        expected_version: int | None,
    ) -> None:
        """Put a policy into force, also one that loosens limits.

        Raises PolicyChanged where another version is in force than the one that is expected.
        """
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                compared = await compare(connection, document)
                _check_version(compared, expected_version)
                await apply(
                    connection,
                    compared,
                    applied_by=applied_by,
                    may_loosen=True,
                    producer=producer,
                    at=at,
                )

    async def tighten(
        self,
        change: PolicyDocument,
        *,
        applied_by: str,
        producer: str,
        at: datetime,
        expected_version: int | None,
    ) -> None:
        """Put a change of some limits into force, if it lets nothing through that is refused now.

        Raises PolicyLoosens where it would, whatever it is written like, PolicyRefused where the
        policy would contradict itself, and PolicyChanged.
        """
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                current = await current_policy(connection)
                wanted = merged(current.policy.document, change)
                compared = await asyncio.to_thread(comparison_with, current, wanted)
                _check_version(compared, expected_version)
                await apply(
                    connection,
                    compared,
                    applied_by=applied_by,
                    may_loosen=False,
                    producer=producer,
                    at=at,
                )


def _check_version(compared: Comparison, expected: int | None) -> None:
    version = compared.current.version
    if expected not in (None, version):
        raise PolicyChanged(f"version {version} is in force, not {expected}")
