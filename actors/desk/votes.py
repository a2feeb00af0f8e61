"""Counts the votes of models by a policy. Pure."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from tradewind.contracts.decisions.model import DecisionStatus, ModelRole, Vote
from tradewind.contracts.decisions.payloads import CountedVote
from tradewind.contracts.precision import EXACT, PRICE
from tradewind.trading.signal_outcomes.isotonic import CalibrationTable, CalibrationTables
from tradewind.trading.signal_policy.model import Policy

PERCENT: Final = Decimal(100)
SCORE_STEP: Final = Decimal("0.000001")
WHOLE_SIZE_PCT: Final = 100


class Count(NamedTuple):
    """The votes that count, and how many there had to be."""

    voting: int
    needed: int
    votes: tuple[Vote, ...]
    counted: tuple[CountedVote, ...]

    @property
    def has_quorum(self) -> bool:
        return len(self.votes) >= self.needed

    @property
    def score(self) -> Decimal:
        """The weighted mean of signed confidences, −1 to 1, rounded half even."""
        total = sum((one.weight for one in self.counted), Decimal(0))
        said = sum(
            (EXACT.multiply(one.weight, one.signed_confidence) for one in self.counted), Decimal(0)
        )
        return PRICE.divide(said, total).quantize(SCORE_STEP, ROUND_HALF_EVEN, context=PRICE)

    @property
    def size_pct(self) -> Decimal:
        """The least size that a model asks for that follows; the whole where none does."""
        sizes = [vote.answer.size_pct for vote in self.votes if vote.answer.decision.follows]
        return Decimal(min(sizes, default=WHOLE_SIZE_PCT))


def count_votes(
    votes: Sequence[Vote], policy: Policy, calibration: CalibrationTables | None
) -> Count:
    """Return the count of the answers that have a weight; shadows and failures have none."""
    voting = [
        vote for vote in votes if vote.role is ModelRole.VOTING and policy.weight_of(vote.model) > 0
    ]
    answered = tuple(vote for vote in voting if vote.status is DecisionStatus.OK)
    share = EXACT.multiply(policy.quorum, Decimal(len(voting)))
    needed = max(policy.minimum_voting, int(share.to_integral_value(ROUND_CEILING)))
    counted = tuple(
        CountedVote(
            model=vote.model,
            weight=policy.weight_of(vote.model),
            signed_confidence=signed_confidence(vote, _table(vote, calibration)),
        )
        for vote in answered
    )
    return Count(len(voting), needed, answered, counted)


def tables_used(votes: Sequence[Vote], calibration: CalibrationTables) -> CalibrationTables | None:
    """Return the tables that replace a confidence of these votes; None where none does."""
    found = [_table(vote, calibration) for vote in votes]
    used = tuple(one for one in found if one is not None)
    return CalibrationTables(tables=used) if used else None


def signed_confidence(vote: Vote, table: CalibrationTable | None = None) -> Decimal:
    """Return the confidence of an answer, 0 to 1, and negative against the signal.

    With a table it is the calibrated one: whoever ignores with confidence c holds it for 1 − c
    likely that following pays, and is worth what that is worth.
    """
    confidence = Decimal(vote.answer.confidence_pct) / PERCENT
    if vote.answer.decision.follows:
        return confidence if table is None else table.calibrated(confidence)
    against = confidence if table is None else 1 - table.calibrated(1 - confidence)
    return -against


def agree(count: Count, policy: Policy) -> bool:
    """Return whether the answers agree on following as the policy asks them to.

    `majority`: more than half of the weight that answered. `unanimous`: every model with a vote has
    answered, and follows. `any_veto`: nobody who answered is against it.
    """
    weights = [one.weight for one in count.counted]
    for_it = [
        weight
        for weight, vote in zip(weights, count.votes, strict=True)
        if vote.answer.decision.follows
    ]
    if policy.agreement == "majority":
        return 2 * sum(for_it, Decimal(0)) > sum(weights, Decimal(0))
    nobody_is_against = len(for_it) == len(weights)
    if policy.agreement == "any_veto":
        return nobody_is_against
    return nobody_is_against and len(count.votes) == count.voting


def _table(vote: Vote, calibration: CalibrationTables | None) -> CalibrationTable | None:
    return None if calibration is None else calibration.of(vote.model, vote.prompt_version)
