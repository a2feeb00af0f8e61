"""Repeats the desk's conclusions on the answers that stand in their causes."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from actors.decider import Decider, DecisionInputs, NoVerdict
from actors.desk.actors import events_of
from actors.desk.conclude import Reason, conclude
from tradewind.contracts.decisions.payloads import DecisionConcluded
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.wire import Document
from tradewind.settings import load
from tradewind.trading.signal_outcomes.isotonic import CalibrationTables
from tradewind.trading.signal_policy.file import SignalPolicySettings, load_signal_policies
from tradewind.trading.signal_policy.model import SignalPolicies, SourcePolicy
from tradewind.trading.submission.portfolios import StrategyPortfolios


class PolicyInputs(NamedTuple):
    """The policy of a conclusion, as its inputs have it."""

    limits: Document


class DeskDecider:
    """Implements `Decider` for the desk, which reads no market: everything is in events."""

    def is_complete(self, recorded: Sequence[AnyEvent]) -> bool:
        """Return whether there is an event: the intent has a history of its own."""
        return bool(recorded)

    def inputs_of(self, recorded: Sequence[AnyEvent]) -> PolicyInputs:
        """Return the policy of the conclusion."""
        verdict = recorded[0].payload
        if not isinstance(verdict, DecisionConcluded):
            raise NoVerdict(verdict.topic)
        return PolicyInputs(SourcePolicy.model_validate_json(verdict.inputs.policy))

    def todays_limits(self) -> SignalPolicies:
        """Return the policies of the present file, each for the signals of its source."""
        return load_signal_policies(load(SignalPolicySettings).signal_policy_file)

    async def decide(self, cause: AnyEvent, inputs: DecisionInputs) -> list[AnyEvent]:
        """Conclude again; the intent's terms are part of the arithmetic that is compared."""
        recorded, policy = inputs.recorded.payload, inputs.limits
        assert isinstance(recorded, DecisionConcluded)
        assert isinstance(policy, SourcePolicy)
        tables = recorded.inputs.calibration
        calibration = None if tables is None else CalibrationTables.model_validate_json(tables)
        untraded = recorded.detail if recorded.reason == Reason.TOKEN_NOT_TRADED else None
        payloads = conclude(
            cause, policy, inputs.at, recorded.inputs.approval, calibration, untraded=untraded
        )
        if not payloads:
            return []
        return events_of(cause, payloads, StrategyPortfolios())[-1:]


DECIDER: Final[Decider] = DeskDecider()
