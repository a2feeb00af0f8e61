"""The limits of risk, for programs that wait."""

from collections.abc import Iterator

from tradewind_client import limit_calls
from tradewind_client.limit_calls import Policy
from tradewind_client.pages import Sender, each
from tradewind_client.rest_models import (
    CappedLimit,
    RiskLimitsApplication,
    RiskLimitsComparison,
    RiskLimitsInForce,
)


class Limits:
    """The limits that every decision of risk is held to. Applying them needs the scope `admin`."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def show(self) -> RiskLimitsInForce:
        """Return the policy in force, without portfolios that the key does not cover."""
        return self._client.send(limit_calls.show_limits())

    def check(self, policy: Policy) -> tuple[CappedLimit, ...]:
        """Return the limits of a policy that are looser than the hard ones, which hold.

        InvalidRequest where it is no policy. Nothing changes. Needs the scope `admin`.
        """
        return self.diff(policy).capped

    def diff(self, policy: Policy) -> RiskLimitsComparison:
        """Return what a policy would change, and which limits would let more through."""
        return self._client.send(limit_calls.compare_limits(policy))

    def apply(self, policy: Policy, *, version: int | None = None) -> RiskLimitsInForce:
        """Put a whole policy into force, also one that loosens limits.

        Given a version, it is Refused when another policy is in force by now.
        """
        return self._client.send(limit_calls.apply_limits(policy, version))

    def tighten(self, change: Policy, *, version: int | None = None) -> RiskLimitsInForce:
        """Change some limits, with the scope `trade`; Conflict where that lets anything through."""
        return self._client.send(limit_calls.tighten_limits(change, version))

    def history(self) -> Iterator[RiskLimitsApplication]:
        """Yield which policies were put into force, newest first, page after page."""
        return each(self._client, lambda cursor: limit_calls.list_limits(cursor))
