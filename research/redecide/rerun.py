"""Repeats one decision: runs the role's own actor on the recorded inputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeGuard

from actors.decider import (
    AnswersInputs,
    Decider,
    DecisionInputs,
    LimitsByCause,
    MarketInputs,
    NoVerdict,
    RecordedAnswers,
    RecordedInputs,
    RecordedPerp,
)
from research.redecide.answers import AnswerSource, NoAnswers
from research.redecide.decisions import TOPIC, Content, Decision, content_of, is_equal
from research.redecide.markets import NotReRunnable, RecordedMarket, RecordedMarkets
from tradewind.contracts.backtests.model import BACKTEST_PRODUCER
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.risk.limits import PortfolioInputs, RiskInputs, RiskLimits
from tradewind.contracts.risk.payloads import RiskApprovalRequired
from tradewind.contracts.signals.payloads import EnrichmentInputs, SignalLimits
from tradewind.contracts.wire import Document
from tradewind.settings import TokenSettings, load
from tradewind.trading.instruments.declared import UNBOUND
from tradewind.trading.policy.risk_policy import RiskPolicy, with_recorded_policy
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.tokens import TokenRegistry, load_tokens

SCOPES: Final = "scopes"
"""Whose each limit is, which follows from the limits that differ."""


CHECKS: Final = "checks"
"""They repeat limits, and releases with one stage of risk recorded none."""


type AnyMarket = RecordedMarket | RecordedPerp | RecordedAnswers | None
"""What a decision read; None where it read nothing."""


type Outcome = list[AnyEvent] | str
"""The events of a decision, or the error that today's code raised."""


@dataclass(frozen=True)
class TodaysSettings:
    """The limits that the roles would apply if they started now."""

    limits: Mapping[str, Document]
    """Limits by role."""
    registry: TokenRegistry
    policy: RiskPolicy | None = None
    """The policy to decide by; None keeps the one each decision was made by."""

    @classmethod
    def load(
        cls, deciders: Mapping[str, Decider], policy: RiskPolicy | None = None
    ) -> "TodaysSettings":
        """Return the limits of the present settings, as each role states them."""
        return cls(
            {role: decider.todays_limits() for role, decider in deciders.items()},
            load_tokens(load(TokenSettings).tokens_file),
            policy,
        )

    def limits_of(self, decision: Decision, recorded: RecordedInputs) -> Document:
        """Return the limits a recorded decision would be made by now."""
        if isinstance(recorded, PortfolioInputs):
            return self._portfolio_limits(decision.cause, recorded)
        todays = self.limits[decision.role]
        if isinstance(todays, SignalLimits):
            todays = todays.of(decision.cause.payload.terms.signal)
        if isinstance(todays, LimitsByCause):
            todays = todays.for_cause(decision.cause)
        limits = _comparable(todays, recorded.limits)
        if not (isinstance(recorded, RiskInputs) and isinstance(limits, RiskLimits)):
            return limits
        if self.policy is None:
            return with_recorded_policy(limits, recorded.limits)
        cause = decision.cause
        terms = UNBOUND if recorded.policy is None else recorded.instrument
        return self.policy.order_limits(cause.key.portfolio, cause.payload.intent, limits, terms)

    def _portfolio_limits(self, cause: AnyEvent, recorded: PortfolioInputs) -> Document:
        """Return the policy's; no setting limits a portfolio."""
        if self.policy is None:
            return recorded.limits
        payload = cause.payload
        screened = payload.screened if isinstance(payload, RiskApprovalRequired) else payload
        return self.policy.portfolio_limits(
            cause.key.portfolio, screened.intent, screened.inputs.instrument
        )


class Difference(NamedTuple):
    """A decision that would differ now."""

    decision: Decision
    now: list[dict[str, Any]]
    """Topic and content of each event, or the error that today's code raised."""
    reason: str


class ReRunner:
    """Repeats decisions: under `todays` settings, or else under those recorded with each."""

    def __init__(
        self,
        markets: RecordedMarkets,
        todays: TodaysSettings | None,
        answers: AnswerSource | None = None,
    ) -> None:
        self._markets = markets
        self._todays = todays
        self._answers = answers or NoAnswers()

    async def run(self, decision: Decision) -> Difference | None:
        """Return the difference, or None; NotReRunnable when the decision cannot be repeated."""
        inputs = _inputs_of(decision)
        market = await self._market_of(inputs)
        outcome = await self._decide(decision, inputs, market)
        if isinstance(outcome, list) and is_equal(decision.recorded, outcome):
            return None
        recorded, now = content_of(decision.recorded), _content(outcome)
        if self._is_same(recorded, now):
            return None
        return Difference(decision, now, await self._reason(decision, inputs, market, recorded))

    async def under(
        self, decision: Decision, changed: Callable[[RecordedInputs], Document]
    ) -> list[dict[str, Any]]:
        """Return topic and content of what would be decided by other limits, on the same inputs."""
        inputs = _inputs_of(decision)
        market = await self._market_of(inputs)
        return _content(await _outcome(decision, market, changed(inputs)))

    async def _market_of(self, inputs: RecordedInputs) -> AnyMarket:
        if isinstance(inputs, EnrichmentInputs):
            return None if inputs.market is None else await self._markets.perp(inputs.market)
        if _rests_on_answers(inputs):
            return await self._answers.get(inputs.signal_id)
        if not _reads_pools(inputs):
            return None
        if inputs.market is None:
            raise NotReRunnable("its market was too large to be kept")
        return await self._markets.get(inputs.market)

    def _is_same(self, recorded: Content, now: Content) -> bool:
        if self._todays is not None and self._todays.policy is not None:
            # Another policy is asked which intents it turns away; numbers it repeats all differ.
            return [one.get(TOPIC) for one in recorded] == [one.get(TOPIC) for one in now]
        if self._todays is None and any(CHECKS in one for one in recorded):
            return recorded == now
        return _without_checks(recorded) == _without_checks(now)

    async def _decide(
        self, decision: Decision, inputs: RecordedInputs, market: AnyMarket
    ) -> Outcome:
        if self._todays is None:
            return await _outcome(decision, market, inputs.limits)
        limits = self._todays.limits_of(decision, inputs)
        return await _outcome(decision, market, limits, self._todays.registry)

    async def _reason(
        self,
        decision: Decision,
        inputs: RecordedInputs,
        market: AnyMarket,
        recorded: Content,
    ) -> str:
        """Return whether settings or code changed, by a repetition under the recorded settings."""
        if self._todays is None:
            return "code"
        before = await _outcome(decision, market, inputs.limits)
        if not self._is_same(recorded, _content(before)):
            return "code: by the recorded settings it would differ too"
        limits = self._todays.limits_of(decision, inputs)
        changes = _changes(inputs.limits.model_dump(), limits.model_dump())
        registry = market.registry if isinstance(market, RecordedMarket) else None
        if registry is not None and registry.tokens != self._todays.registry.tokens:
            changes.append("tokens")
        return f"{'settings' if self._todays.policy is None else 'limits'}: {', '.join(changes)}"


def _reads_pools(inputs: RecordedInputs) -> TypeGuard[MarketInputs]:
    """Ask for the name alone: `isinstance` with a protocol takes as long as half a decision."""
    return hasattr(inputs, "market")


def _rests_on_answers(inputs: RecordedInputs) -> TypeGuard[AnswersInputs]:
    return hasattr(inputs, "signal_id")


def _pools(market: AnyMarket, registry: TokenRegistry | None) -> PoolView | None:
    """Return pools with some tokens, or with those that were recorded with them."""
    if not isinstance(market, RecordedMarket):
        return None
    return market.as_recorded if registry is None else market.with_tokens(registry)


def _without_checks(content: Content) -> Content:
    return [{key: value for key, value in one.items() if key != CHECKS} for one in content]


def _comparable(todays: Document, recorded: Document) -> Document:
    """Return today's settings without those there were none of when the decision was recorded.

    What it says of them is not in the recorded events either, so all would differ.
    """
    missing = {name: None for name, value in recorded if value is None}
    return todays.model_copy(update=missing)


def _inputs_of(decision: Decision) -> RecordedInputs:
    if decision.cause.producer == BACKTEST_PRODUCER:
        # The pools it met are columns of the run's trades, and its quote counts as a dollar.
        raise NotReRunnable("a back-test decided it, and has a sample of its trades decided again")
    if not decision.is_complete:
        raise NotReRunnable("the history ends before the decision")
    try:
        inputs = decision.decider.inputs_of(decision.recorded)
    except NoVerdict:
        raise NotReRunnable("the history goes on with something else") from None
    if inputs is None:
        raise NotReRunnable("recorded without what it was decided on")
    return inputs


async def _outcome(
    decision: Decision, market: AnyMarket, limits: Document, registry: TokenRegistry | None = None
) -> Outcome:
    """Return what the role decides at the time of the recorded decision."""
    first = decision.recorded[0]
    perp = market if isinstance(market, RecordedPerp) else None
    answers = market if isinstance(market, RecordedAnswers) else None
    pools = _pools(market, registry)
    inputs = DecisionInputs(pools, limits, first.timestamp, first, perp, answers)
    try:
        decided = await decision.decider.decide(decision.cause, inputs)
    except Exception as error:  # any error of today's code is the present result of the decision
        return f"{type(error).__name__}: {error}"
    return decided


def _content(outcome: Outcome) -> Content:
    return [{"error": outcome}] if isinstance(outcome, str) else content_of(outcome)


def _changes(recorded: dict[str, object], todays: dict[str, object]) -> list[str]:
    """Return what differs; a limit that one of them has not got is left out of its document."""
    names = (name for name in {**recorded, **todays} if name != SCOPES)
    return [
        f"{name} was {recorded.get(name)}, is {todays.get(name)}"
        for name in names
        if recorded.get(name) != todays.get(name)
    ]
