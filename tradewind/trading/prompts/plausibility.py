"""Whether a well-formed answer makes sense for its signal: the last of the output checks.

The limits are those that the model is told as its allowed actions, and that the desk holds once
more.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from tradewind.contracts.decisions.model import (
    MAX_NOTE_CHARACTERS,
    MAX_REASONS,
    VERDICTS,
    Answer,
    EntryPlan,
    RiskPlan,
    Verdict,
)
from tradewind.contracts.signals.model import SignalEventType

MIN_STOP_ATR: Final = Decimal("0.25")
MAX_STOP_ATR: Final = Decimal(10)
MAX_ENTRY_OFFSET_BPS: Final = 100
MAX_PERCENT: Final = 100
MAX_FRACTION_DIGITS: Final = 18
BASIS_POINTS: Final = Decimal(10_000)
NEEDS_STOP: Final = frozenset({Verdict.FOLLOW_ENTER, Verdict.TIGHTEN_STOP})
_NOTE: Final = re.compile(rf"[ -~]{{0,{MAX_NOTE_CHARACTERS}}}", re.ASCII)

type StopMethod = Literal["fixed", "atr", "trailing"]
STOP_FIELDS: Final[dict[StopMethod, str]] = {
    "fixed": "stop_level",
    "atr": "atr_multiple",
    "trailing": "trail_pct",
}


class Implausible(ValueError):
    """The answer makes no sense; the message names field and limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedActions:
    """What may be decided about one signal.

    `price` is the market's now, in quote per base, which entry offset and stops are measured from;
    `atr` is in the same unit. Without an ATR no stop can be judged, so what needs one is not
    allowed.
    """

    event_type: SignalEventType
    is_long: bool
    price: Decimal
    atr: Decimal | None
    liquidation_price: Decimal | None = None
    max_entry_offset_bps: int = MAX_ENTRY_OFFSET_BPS
    max_size_pct: int = MAX_PERCENT

    @property
    def decisions(self) -> tuple[Verdict, ...]:
        """What may be said, in the order of the vocabulary."""
        can_stop = self.atr is not None and self.atr > 0
        return tuple(
            verdict
            for verdict in VERDICTS[self.event_type]
            if can_stop or verdict not in NEEDS_STOP
        )


def plausible_answer(document: dict[str, Any], allowed: AllowedActions) -> Answer:
    """Return the answer that a document of the right schema holds, or raise Implausible.

    Plans that the decision has no use for are dropped, whatever they say.
    """
    decision = Verdict(document["decision"])
    _check_texts(document)
    _check_between("confidence_pct", document["confidence_pct"], 0, MAX_PERCENT)
    _check_between("size_pct", document["size_pct"], 0, MAX_PERCENT)
    if decision not in allowed.decisions:
        raise Implausible(f"decision: {decision} is not allowed here")
    if decision.follows:
        limit = allowed.max_size_pct if decision is Verdict.FOLLOW_ENTER else MAX_PERCENT
        _check_between("size_pct", document["size_pct"], 1, limit)
    is_entry = decision is Verdict.FOLLOW_ENTER
    entry_plan = _entry_plan(document["entry_plan"], allowed) if is_entry else None
    price = allowed.price if entry_plan is None else _entry_price(entry_plan, allowed)
    needs_stop = decision in NEEDS_STOP
    return Answer(
        decision=decision,
        confidence_pct=document["confidence_pct"],
        size_pct=document["size_pct"],
        entry_plan=entry_plan,
        risk_plan=_risk_plan(document["risk_plan"], allowed, price) if needs_stop else None,
        reasons=tuple(document["reasons"]),
        note=document["note"] or None,
    )


def _check_texts(document: dict[str, Any]) -> None:
    _check_between("number of reasons", len(document["reasons"]), 1, MAX_REASONS)
    if not _NOTE.fullmatch(document["note"]):
        raise Implausible(f"note: must be at most {MAX_NOTE_CHARACTERS} printable ASCII characters")


def _check_between(
    field: str, value: int | Decimal, low: int | Decimal, high: int | Decimal
) -> None:
    if not low <= value <= high:
        raise Implausible(f"{field}: must be {low} to {high}")


def _entry_plan(plan: dict[str, Any], allowed: AllowedActions) -> EntryPlan:
    limit = allowed.max_entry_offset_bps
    _check_between("entry_plan.offset_bps", plan["offset_bps"], -limit, limit)
    return EntryPlan(type=plan["type"], offset_bps=plan["offset_bps"])


def _entry_price(plan: EntryPlan, allowed: AllowedActions) -> Decimal:
    """Return where it would be entered: a positive offset waits for a better price."""
    if plan.type == "market":
        return allowed.price
    better = -plan.offset_bps if allowed.is_long else plan.offset_bps
    return allowed.price * (1 + better / BASIS_POINTS)


def _risk_plan(plan: dict[str, Any], allowed: AllowedActions, price: Decimal) -> RiskPlan:
    """Return the plan with the one number that its method needs."""
    method: StopMethod = plan["stop_method"]
    field = STOP_FIELDS[method]
    number = _positive(f"risk_plan.{field}", plan[field])
    distance = _stop_distance(method, number, allowed, price)
    assert allowed.atr is not None, "nothing that needs a stop is allowed without one"
    if not MIN_STOP_ATR * allowed.atr <= distance <= MAX_STOP_ATR * allowed.atr:
        raise Implausible(
            f"risk_plan.{field}: the stop must be {MIN_STOP_ATR} to {MAX_STOP_ATR} ATR away, on the"
            " losing side of the entry"
        )
    _check_liquidation(field, price - distance if allowed.is_long else price + distance, allowed)
    return RiskPlan(
        stop_method=method,
        stop_level=number if method == "fixed" else None,
        atr_multiple=number if method == "atr" else None,
        trail_pct=number if method == "trailing" else None,
    )


def _positive(field: str, number: int | Decimal | None) -> Decimal:
    if number is None:
        raise Implausible(f"{field}: is missing, its stop_method needs it")
    value = Decimal(number)
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "strict JSON holds no NaN and no infinity"
    if exponent < -MAX_FRACTION_DIGITS:
        raise Implausible(f"{field}: must have at most {MAX_FRACTION_DIGITS} decimals")
    if value <= 0:
        raise Implausible(f"{field}: must be above 0")
    return value


def _stop_distance(
    method: StopMethod, number: Decimal, allowed: AllowedActions, price: Decimal
) -> Decimal:
    """Return how far the stop is on the losing side; negative where it is on the other one."""
    if method == "fixed":
        return price - number if allowed.is_long else number - price
    if method == "atr":
        assert allowed.atr is not None, "nothing that needs a stop is allowed without one"
        return number * allowed.atr
    return price * number / MAX_PERCENT


def _check_liquidation(field: str, stop: Decimal, allowed: AllowedActions) -> None:
    if stop <= 0:
        raise Implausible(f"risk_plan.{field}: the stop must be above 0")
    liquidation = allowed.liquidation_price
    if liquidation is None:
        return
    is_before = stop > liquidation if allowed.is_long else stop < liquidation
    if not is_before:
        raise Implausible(f"risk_plan.{field}: the stop must come before the liquidation")
