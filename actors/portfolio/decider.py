"""Repeats the decisions of the portfolio stage on the book that was recorded with them."""

from collections.abc import Sequence
from typing import Final, cast

from actors.decider import Decider, DecisionInputs, NoVerdict
from actors.portfolio.conclude import answered
from actors.portfolio.decide import decide
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.payloads import IntentExpired
from tradewind.contracts.risk.limits import PortfolioInputs, PortfolioLimits
from tradewind.contracts.risk.payloads import RiskApprovalRequired, RiskApproved, RiskRejected


class PortfolioDecider:
    """Implements `Decider` for the portfolio stage, which reads no market."""

    def is_complete(self, recorded: Sequence[AnyEvent]) -> bool:
        """Return whether an approval is followed by the acceptance; a wait is a decision, too."""
        return bool(recorded) and not isinstance(recorded[-1].payload, RiskApproved)

    def inputs_of(self, recorded: Sequence[AnyEvent]) -> PortfolioInputs | None:
        """Return policy, limits and book of the verdict."""
        verdict = recorded[0].payload
        if not isinstance(
            verdict, RiskApprovalRequired | RiskApproved | RiskRejected | IntentExpired
        ):
            raise NoVerdict(verdict.topic)
        return cast(PortfolioInputs | None, verdict.inputs)

    def todays_limits(self) -> PortfolioLimits:
        """Return none: no setting limits a portfolio, a policy does."""
        return PortfolioLimits()

    async def decide(self, cause: AnyEvent, inputs: DecisionInputs) -> list[AnyEvent]:
        """Judge the intent by the book as it stood, or end its wait by the answer there was."""
        recorded = self.inputs_of([inputs.recorded])
        assert recorded is not None
        limits = cast(PortfolioLimits, inputs.limits)
        changed = recorded.model_copy(update={"limits": limits})
        if isinstance(cause.payload, RiskApprovalRequired):
            return answered(cause, changed, inputs.at)
        return decide(cause, changed, inputs.at)


DECIDER: Final[Decider] = PortfolioDecider()
