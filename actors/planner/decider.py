"""Repeats the planner's decisions on recorded inputs."""

from collections.abc import Sequence
from typing import Final, cast

from actors.decider import Decider, DecisionInputs, NoVerdict
from actors.planner.actors import plan
from actors.planner.ports import PlannerPorts, limits_of
from actors.planner.settings import PlannerSettings
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.payloads import IntentExpired
from tradewind.contracts.plans.limits import PlanInputs, PlanLimits
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.settings import load


class PlannerDecider:
    """Implements `Decider` for the planner."""

    def is_complete(self, recorded: Sequence[AnyEvent]) -> bool:
        """Return whether there is an event, because the planner emits exactly one."""
        return bool(recorded)

    def inputs_of(self, recorded: Sequence[AnyEvent]) -> PlanInputs | None:
        """Return pools and limits of the plan or its rejection."""
        verdict = recorded[0].payload
        if not isinstance(verdict, PlanCreated | PlanRejected | IntentExpired):
            raise NoVerdict(verdict.topic)
        return cast(PlanInputs | None, verdict.inputs)

    def todays_limits(self) -> PlanLimits:
        """Return the limits of the present settings."""
        return limits_of(load(PlannerSettings))

    async def decide(self, cause: AnyEvent, inputs: DecisionInputs) -> list[AnyEvent]:
        """Plan the intent."""
        assert inputs.pools is not None
        limits = cast(PlanLimits, inputs.limits)
        ports = PlannerPorts(inputs.pools, limits, now=lambda: inputs.at)
        decided, _ = plan(cause, ports)
        return decided


DECIDER: Final[Decider] = PlannerDecider()
