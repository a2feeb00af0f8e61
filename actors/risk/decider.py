"""Repeats the decisions of risk on recorded inputs."""

from collections.abc import Sequence
from typing import Final, cast

from actors.decider import Decider, DecisionInputs, NoVerdict
from actors.risk.actors import screen
from actors.risk.one_stage import as_recorded, is_of_one_stage
from actors.risk.ports import RiskPorts, limits_of
from actors.risk.settings import RiskSettings
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.payloads import IntentExpired
from tradewind.contracts.risk.limits import RiskInputs, RiskLimits
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected, RiskScreened
from tradewind.settings import load


class RiskDecider:
    """Implements `Decider` for risk."""

    def is_complete(self, recorded: Sequence[AnyEvent]) -> bool:
        """Return whether there is an event, and not just the first of the two of one stage."""
        return bool(recorded) and not isinstance(recorded[-1].payload, RiskApproved)

    def inputs_of(self, recorded: Sequence[AnyEvent]) -> RiskInputs | None:
        """Return pools and limits of the verdict."""
        verdict = recorded[0].payload
        if not isinstance(verdict, RiskScreened | RiskApproved | RiskRejected | IntentExpired):
            raise NoVerdict(verdict.topic)
        return cast(RiskInputs | None, verdict.inputs)

    def todays_limits(self) -> RiskLimits:
        """Return the limits of the present settings."""
        return limits_of(load(RiskSettings))

    async def decide(self, cause: AnyEvent, inputs: DecisionInputs) -> list[AnyEvent]:
        """Assess the intent."""
        assert inputs.pools is not None
        limits = cast(RiskLimits, inputs.limits)
        ports = RiskPorts(inputs.pools, limits, now=lambda: inputs.at)
        decided, _ = screen(cause, ports)
        if is_of_one_stage(inputs.recorded):
            return as_recorded(cause, inputs.recorded, decided)
        return decided


DECIDER: Final[Decider] = RiskDecider()
