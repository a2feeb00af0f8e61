"""What the rules of risk find: each compares a value with a limit, and says so in words."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.precision import EXACT
from tradewind.contracts.risk.checks import MAX_COMPARED_LENGTH, RiskCheck
from tradewind.contracts.risk.limits import SETTINGS
from tradewind.contracts.risk.reasons import RiskRejectionReason

USD: Final = "USD"


class Finding(NamedTuple):
    """A rule's check, and in words why the intent failed it; empty when it passed."""

    check: RiskCheck
    detail: str = ""


type Rule[Facts] = Callable[[Facts], Finding | None]
"""A pure function of what an intent is judged by; None where nothing of its kind is limited."""


class Limit(NamedTuple):
    """A limit in force, its unit, and whose it is."""

    value: Decimal | int
    unit: str
    scope: str | None

    def __str__(self) -> str:
        return _written(self.value, self.unit)


def findings_of[Facts](rules: Iterable[Rule[Facts]], facts: Facts) -> list[Finding]:
    """Return what every rule finds, in the order of the rules: none of them hides another."""
    found = (rule(facts) for rule in rules)
    return [finding for finding in found if finding is not None]


def first_failed(findings: Sequence[Finding]) -> Finding | None:
    """Return the finding that is the reason of a rejection; None when all passed."""
    return next((one for one in findings if not one.check.passed), None)


def checks_of(findings: Iterable[Finding]) -> tuple[RiskCheck, ...]:
    """Return the checks as a decision records them."""
    return tuple(one.check for one in findings)


def passed(rule: RiskRejectionReason) -> Finding:
    """Return that nothing stood against the intent which can be put into numbers."""
    return Finding(RiskCheck(rule=rule, passed=True))


def failed(
    rule: RiskRejectionReason,
    detail: str,
    *,
    value: str | None = None,
    limit: str | None = None,
    scope: str | None = None,
) -> Finding:
    """Return that the intent fails a rule."""
    check = RiskCheck(
        rule=rule, passed=False, value=_short(value), limit=_short(limit), scope=_short(scope)
    )
    return Finding(check, detail[:MAX_DETAIL_LENGTH])


def at_most(
    rule: RiskRejectionReason, what: str, value: Decimal | int | None, limit: Limit
) -> Finding:
    """Return that a value is within a limit, or exceeds it; one that is unknown exceeds it."""
    return compared(rule, what, value, limit, "exceeds", value is not None and value <= limit[0])


def at_least(
    rule: RiskRejectionReason, what: str, value: Decimal | int | None, limit: Limit
) -> Finding:
    """Return that a value reaches a limit, or is below it; one that is unknown is below it."""
    return compared(rule, what, value, limit, "is below", value is not None and value >= limit[0])


def multiple_of(rule: RiskRejectionReason, what: str, value: Decimal, limit: Limit) -> Finding:
    """Return that a value is a multiple of a limit, or is none."""
    is_multiple = not EXACT.remainder(value, Decimal(limit.value))
    return compared(rule, what, value, limit, "is no multiple of", is_multiple)


def compared(
    rule: RiskRejectionReason,
    what: str,
    value: Decimal | int | None,
    limit: Limit,
    relation: str,
    is_within: bool,
) -> Finding:
    """Return that a value is within a limit, or in which relation to it; None is not known."""
    written = None if value is None else _written(value, limit.unit)
    if is_within:
        check = RiskCheck(
            rule=rule, passed=True, value=written, limit=str(limit), scope=limit.scope
        )
        return Finding(check)
    by = "" if limit.scope in (None, SETTINGS) else f" ({limit.scope})"
    detail = f"{what} is not known, and a limit needs it: {limit}{by}"
    if written is not None:
        detail = f"{what} {written} {relation} {limit}{by}"
    return failed(rule, detail, value=written, limit=str(limit), scope=limit.scope)


def _written(value: Decimal | int, unit: str) -> str:
    number = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return f"{number} {unit}" if unit else number


def _short(text: str | None) -> str | None:
    return None if text is None else text[:MAX_COMPARED_LENGTH]
