"""Repeats one decision: runs the role's own actor on the recorded inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from actors.decider import Decider, DecisionInputs, NoVerdict, RecordedInputs
from research.redecide.decisions import Decision, content_of
from research.redecide.markets import NotReRunnable, RecordedMarket, RecordedMarkets
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.contracts.wire import Document
from tradewind.settings import TokenSettings, load
from tradewind.trading.policy.risk_policy import with_recorded_policy
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.tokens import TokenRegistry, load_tokens

SCOPES: Final = "scopes"
"""Whose each limit is, which follows from the limits that differ."""


@dataclass(frozen=True)
class TodaysSettings:
    """The limits that the roles would apply if they started now."""

    limits: Mapping[str, Document]
    """Limits by role."""
    registry: TokenRegistry

    @classmethod
    def load(cls, deciders: Mapping[str, Decider]) -> "TodaysSettings":
        """Return the limits of the present settings, as each role states them."""
        return cls(
            {role: decider.todays_limits() for role, decider in deciders.items()},
            load_tokens(load(TokenSettings).tokens_file),
        )


class Difference(NamedTuple):
    """A decision that would differ now."""

    decision: Decision
    now: list[dict[str, Any]]
    """Topic and content of each event, or the error that today's code raised."""
    reason: str


class ReRunner:
    """Repeats decisions: under `todays` settings, or else under those recorded with each."""

    def __init__(self, markets: RecordedMarkets, todays: TodaysSettings | None) -> None:
        self._markets = markets
        self._todays = todays

    async def run(self, decision: Decision) -> Difference | None:
        """Return the difference, or None; NotReRunnable when the decision cannot be repeated."""
        inputs = _inputs_of(decision)
        if inputs.market is None:
            raise NotReRunnable("its market was too large to be kept")
        market = await self._markets.get(inputs.market)
        recorded = content_of(decision.recorded)
        now = await self._decide(decision, inputs, market)
        if now == recorded:
            return None
        return Difference(decision, now, await self._reason(decision, inputs, market, recorded))

    async def _decide(
        self, decision: Decision, inputs: RecordedInputs, market: RecordedMarket
    ) -> list[dict[str, Any]]:
        if self._todays is None:
            return await _outcome(decision, market.as_recorded, inputs.limits)
        limits = _comparable(self._todays.limits[decision.role], inputs.limits)
        return await _outcome(decision, market.with_tokens(self._todays.registry), limits)

    async def _reason(
        self,
        decision: Decision,
        inputs: RecordedInputs,
        market: RecordedMarket,
        recorded: list[dict[str, Any]],
    ) -> str:
        """Return whether settings or code changed, by a repetition under the recorded settings."""
        if self._todays is None:
            return "code"
        if await _outcome(decision, market.as_recorded, inputs.limits) != recorded:
            return "code: by the recorded settings it would differ too"
        limits = _comparable(self._todays.limits[decision.role], inputs.limits)
        changes = _changes(inputs.limits.model_dump(), limits.model_dump())
        if market.registry.tokens != self._todays.registry.tokens:
            changes.append("tokens")
        return f"settings: {', '.join(changes)}"


def _comparable(todays: Document, recorded: Document) -> Document:
    """Return today's settings without those there were none of when the decision was recorded.

    What it says of them is not in the recorded events either, so all would differ. What a policy
    and the registry of instruments limited is no setting, and stays as it was.
    """
    missing = {name: None for name, value in recorded if value is None}
    comparable = todays.model_copy(update=missing)
    if isinstance(comparable, RiskLimits) and isinstance(recorded, RiskLimits):
        return with_recorded_policy(comparable, recorded)
    return comparable


def _inputs_of(decision: Decision) -> RecordedInputs:
    if not decision.is_complete:
        raise NotReRunnable("the history ends before the decision")
    try:
        inputs = decision.decider.inputs_of(decision.recorded)
    except NoVerdict:
        raise NotReRunnable("the history goes on with something else") from None
    if inputs is None:
        raise NotReRunnable("recorded without what it was decided on")
    return inputs


async def _outcome(decision: Decision, pools: PoolView, limits: Document) -> list[dict[str, Any]]:
    """Return what the role decides at the time of the recorded decision."""
    inputs = DecisionInputs(pools, limits, decision.recorded[0].timestamp)
    try:
        return content_of(await decision.decider.decide(decision.cause, inputs))
    except Exception as error:  # any error of today's code is the present result of the decision
        return [{"error": f"{type(error).__name__}: {error}"}]


def _changes(recorded: dict[str, object], todays: dict[str, object]) -> list[str]:
    """Return what differs; a limit that one of them has not got is left out of its document."""
    names = (name for name in {**recorded, **todays} if name != SCOPES)
    return [
        f"{name} was {recorded.get(name)}, is {todays.get(name)}"
        for name in names
        if recorded.get(name) != todays.get(name)
    ]
