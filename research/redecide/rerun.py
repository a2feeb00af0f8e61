"""Runs one decision again: the roles' own actors, on ports made of what was recorded."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from actors import planner, risk
from actors.planner.settings import PlannerSettings
from actors.risk_settings import RiskSettings
from research.redecide.decisions import Decision, content_of
from research.redecide.markets import NotReRunnable, RecordedMarket, RecordedMarkets
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.plans.limits import PlanInputs, PlanLimits
from tradewind.contracts.risk.limits import RiskInputs, RiskLimits
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.tokens import TokenRegistry, load_tokens


@dataclass(frozen=True)
class TodaysSettings:
    """What the roles would decide by if they started now."""

    risk: RiskLimits
    plan: PlanLimits
    registry: TokenRegistry

    @classmethod
    def of(cls, for_risk: RiskSettings, for_planner: PlannerSettings) -> "TodaysSettings":
        """Return what these settings say, in the roles' own words."""
        return cls(
            risk.limits_of(for_risk),
            planner.limits_of(for_planner),
            load_tokens(for_risk.tokens_file),
        )


class Difference(NamedTuple):
    """A decision that would be another one now."""

    decision: Decision
    now: list[dict[str, Any]]
    """Topic and content of each event, or what today's code failed with."""
    reason: str


class ReRunner:
    """Decides again. Without `todays`, by the settings that were recorded with each decision."""

    def __init__(self, markets: RecordedMarkets, todays: TodaysSettings | None) -> None:
        self._markets = markets
        self._todays = todays

    async def run(self, decision: Decision) -> Difference | None:
        """Return what would differ, None when nothing would; NotReRunnable says why not."""
        if not decision.is_complete:
            raise NotReRunnable("the history ends before the decision")
        if not decision.is_verdict:
            raise NotReRunnable("the history goes on with something else")
        inputs = decision.inputs
        if inputs is None:
            raise NotReRunnable("recorded without what it was decided on")
        if inputs.market is None:
            raise NotReRunnable("its market was too large to be kept")
        market = await self._markets.get(inputs.market)
        recorded = content_of(decision.recorded)
        now = await self._decide(decision, inputs, market)
        if now == recorded:
            return None
        return Difference(decision, now, await self._reason(decision, inputs, market, recorded))

    async def _decide(
        self, decision: Decision, inputs: RiskInputs | PlanInputs, market: RecordedMarket
    ) -> list[dict[str, Any]]:
        if self._todays is None:
            return await _outcome(decision, market.as_recorded, inputs.limits)
        is_risk = isinstance(inputs, RiskInputs)
        limits = self._todays.risk if is_risk else self._todays.plan
        return await _outcome(decision, market.with_tokens(self._todays.registry), limits)

    async def _reason(
        self,
        decision: Decision,
        inputs: RiskInputs | PlanInputs,
        market: RecordedMarket,
        recorded: list[dict[str, Any]],
    ) -> str:
        """Tell changed settings from changed code: by the recorded settings, is it the same?"""
        if self._todays is None:
            return "code"
        if await _outcome(decision, market.as_recorded, inputs.limits) != recorded:
            return "code: by the recorded settings it would differ too"
        is_risk = isinstance(inputs, RiskInputs)
        limits = self._todays.risk if is_risk else self._todays.plan
        changes = _changes(inputs.limits.model_dump(), limits.model_dump())
        if market.registry.tokens != self._todays.registry.tokens:
            changes.append("tokens")
        return f"settings: {', '.join(changes)}"


async def _outcome(
    decision: Decision, market: PoolView, limits: RiskLimits | PlanLimits
) -> list[dict[str, Any]]:
    try:
        return content_of(await _act(decision, market, limits))
    except Exception as error:  # whatever today's code raises is what would happen now
        return [{"error": f"{type(error).__name__}: {error}"}]


async def _act(
    decision: Decision, market: PoolView, limits: RiskLimits | PlanLimits
) -> list[AnyEvent]:
    """The time is the recorded decision's."""
    at, events = decision.recorded[0].timestamp, list[AnyEvent]()
    if isinstance(limits, RiskLimits):
        risk_ports = risk.RiskPorts(market, limits, now=lambda: at)
        events += await risk.assess_intent(decision.cause, risk_ports)
    else:
        planner_ports = planner.PlannerPorts(market, limits, now=lambda: at)
        events += await planner.plan_intent(decision.cause, planner_ports)
    return events


def _changes(recorded: dict[str, object], todays: dict[str, object]) -> list[str]:
    return [
        f"{name} was {recorded[name]}, is {todays[name]}"
        for name in recorded
        if recorded[name] != todays[name]
    ]
