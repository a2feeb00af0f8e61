"""Scores a signal: a pure function of the signal, its features and the weights."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from actors.evaluator.baseline.terms import ONE, Term, atrs_of, terms_of
from actors.evaluator.baseline.weights import Weights
from tradewind.contracts.decisions.model import (
    FALLBACK,
    MAX_REASONS,
    VERDICTS,
    Answer,
    EntryPlan,
    RiskPlan,
    Verdict,
)
from tradewind.contracts.signals.features import Features
from tradewind.contracts.signals.model import SignalTerms

SHOWN: Final = Decimal("0.01")
HUNDRED: Final = Decimal(100)
CURVE: Final = Context(prec=28)
"""Of the exponential function, which Decimal rounds alike on every machine."""


def score(terms: SignalTerms, features: Features, weights: Weights) -> Answer:
    """Return the answer of the scorecard, with the terms that weigh most as its reasons."""
    signal = terms.signal
    lines = terms_of(signal, features, weights)
    total = total_of(lines)
    follows = total >= weights.threshold
    follow = next(one for one in VERDICTS[signal.event_type] if one.follows)
    verdict = follow if follows else FALLBACK[signal.event_type]
    cap = cap_pct(lines)
    return Answer(
        decision=verdict,
        confidence_pct=min(confidence_pct(total, weights.steepness, follows=follows), cap),
        entry_plan=_entry_plan(verdict),
        risk_plan=_risk_plan(verdict, features, weights),
        reasons=tuple(_reasons(lines, cap)),
    )


def total_of(lines: Sequence[Term]) -> Decimal:
    """Return the score, −1 to 1."""
    return max(-ONE, min(ONE, sum((line.contribution for line in lines), Decimal(0))))


def confidence_pct(total: Decimal, steepness: Decimal, *, follows: bool) -> int:
    """Return the chance that following pays, or that it does not, by the logistic function."""
    power = CURVE.exp(CURVE.multiply(-steepness, total))
    chance = CURVE.divide(ONE, CURVE.add(ONE, power))
    share = chance if follows else ONE - chance
    return int((share * HUNDRED).quantize(ONE, rounding=ROUND_HALF_EVEN))


def cap_pct(lines: Sequence[Term]) -> int:
    """Return the most confidence that is allowed: less, the more of the score is missing.

    Nobody is surer than a coin who knows nothing.
    """
    weighed = sum((line.weight for line in lines if line.has_side), Decimal(0))
    known = (line.weight for line in lines if line.has_side and line.value is not None)
    share = CURVE.divide(sum(known, Decimal(0)), weighed)
    return int((HUNDRED + share * HUNDRED) / 2)


def _reasons(lines: Sequence[Term], cap: int) -> Iterator[str]:
    """Yield the heaviest terms, and last how far confidence is capped where it is."""
    said = [line for line in lines if abs(line.contribution) >= SHOWN / 2]
    heaviest = sorted(said, key=lambda line: (-abs(line.contribution), line.name))
    is_capped = cap < HUNDRED
    for line in heaviest[: MAX_REASONS - is_capped]:
        yield _reason(line)
    if is_capped:
        yield f"confidence_capped_at:{cap}"
    elif not heaviest:
        yield "nothing_speaks_for_it"


def _reason(line: Term) -> str:
    amount = format(line.contribution.quantize(SHOWN, rounding=ROUND_HALF_EVEN), "+f")
    if not line.has_side:
        return f"{line.name}:{amount}"
    side = "with" if line.contribution > 0 else "against"
    return f"{line.name}_{side}_signal:{amount}"


def _entry_plan(verdict: Verdict) -> EntryPlan | None:
    is_entry = verdict is Verdict.FOLLOW_ENTER
    return EntryPlan(type="market", offset_bps=0) if is_entry else None


def _risk_plan(verdict: Verdict, features: Features, weights: Weights) -> RiskPlan | None:
    if verdict is not Verdict.FOLLOW_ENTER or not any(atrs_of(features, weights)):
        return None
    return RiskPlan(stop_method="atr", atr_multiple=weights.stop_atr_multiple)
