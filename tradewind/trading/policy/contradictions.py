"""Finds limits of a policy that no order can keep together, and limits that can never be reached.

They are found where they hold: a least and a most of different scopes may meet in one portfolio and
instrument. A most of 0 is no contradiction, but the way to say that nothing is let through.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Final, NamedTuple

from tradewind.contracts.precision import EXACT
from tradewind.contracts.risk.policy import PolicyDocument
from tradewind.contracts.wire import Document
from tradewind.errors import PermanentError
from tradewind.trading.policy.changes import Place, WrittenLimit, capped_by_hard, limits_of, written
from tradewind.trading.policy.resolution import LOT, LimitInForce, in_force, scopes_of

MAX_TOLD: Final = 5
ORDERED: Final = (
    ("min_notional_usd", "max_notional_usd"),
    ("min_order_amount", "max_order_amount"),
    (LOT, "max_order_amount"),
)
"""The first of each pair must not be more than the second."""
LEAST, MOST = "min_order_amount", "max_order_amount"
APPROVAL: Final = "approval_above_usd"
NOTIONAL: Final = "max_notional_usd"
_NAMES: Final = tuple(dict.fromkeys(name for pair in ORDERED for name in pair))


class PolicyContradictory(PermanentError):
    """Limits contradict each other: no order could keep them, or one could never be reached."""

    code = "POLICY_CONTRADICTORY"


class Contradiction(NamedTuple):
    """Two limits that contradict each other where both hold, the one that is to be mended first."""

    place: str
    name: str
    limit: LimitInForce
    relation: str
    other_name: str
    other: LimitInForce

    def __str__(self) -> str:
        one = f"{self.name} {written(self.limit.value)} ({self.limit.scope})"
        other = f"{self.other_name} {written(self.other.value)} ({self.other.scope})"
        return f"{self.place}: {one} {self.relation} {other}"


def check_contradictions(document: PolicyDocument) -> None:
    """Raise PolicyContradictory, with the first few by name, where there are any."""
    found = list(islice(contradictions_of(document), MAX_TOLD + 1))
    if not found:
        return
    told = "; ".join(map(str, found[:MAX_TOLD]))
    raise PolicyContradictory(told if len(found) <= MAX_TOLD else f"{told}; and more")


def contradictions_of(document: PolicyDocument) -> Iterator[Contradiction]:
    """Yield what contradicts itself, each where it is said, or where two scopes meet."""
    told: set[tuple[object, ...]] = set()
    for place in _places(document):
        for found in _impossible(document, place):
            # What two scopes say holds in many places; it is mended in one.
            key = (*found[1:3], *found[4:])
            if key not in told:
                told.add(key)
                yield found
    for limit, hard in capped_by_hard(document):
        yield _unreachable(limit, "can never be reached, because of", hard)
    yield from _approvals_never_asked(document)


def _impossible(document: PolicyDocument, place: Place) -> Iterator[Contradiction]:
    """Yield limits in force at a place that no order can keep."""
    scopes = scopes_of(document, *place)
    found = {name: in_force(name, scopes) for name in _NAMES}
    is_ordered = True
    for first, second in ORDERED:
        least, most = found[first], found[second]
        if least is None or most is None or not most.value or least.value <= most.value:
            continue
        is_ordered = False
        yield Contradiction(str(place), first, least, "is more than", second, most)
    lot, least, most = found[LOT], found[LEAST], found[MOST]
    if is_ordered and lot and least and most and most.value:
        largest = Decimal(most.value) - EXACT.remainder(Decimal(most.value), Decimal(lot.value))
        if largest < least.value:
            relation = f"has no multiple between {LEAST} {written(least.value)} and"
            yield Contradiction(str(place), LOT, lot, relation, MOST, most)


def _approvals_never_asked(document: PolicyDocument) -> Iterator[Contradiction]:
    """Yield thresholds of approval that no order passes, because none may be worth so much."""
    for limit in limits_of(document):
        if limit.name != APPROVAL:
            continue
        caps = [
            in_force(NOTIONAL, scopes_of(document, *place))
            for place in _singles(document)
            if _holds(document, limit, place)
        ]
        highest = _highest(caps)
        if highest is not None and highest.value and highest.value <= limit.value:
            shown = WrittenLimit(highest.scope, NOTIONAL, highest.value)
            yield _unreachable(limit, "can never be passed, because of", shown)


def _holds(document: PolicyDocument, limit: WrittenLimit, place: Place) -> bool:
    found = in_force(APPROVAL, scopes_of(document, *place))
    return found is not None and found == LimitInForce(limit.value, limit.scope)


def _highest(caps: Iterable[LimitInForce | None]) -> LimitInForce | None:
    """Return the loosest of what caps a notional; None where it is not capped everywhere."""
    highest: LimitInForce | None = None
    for cap in caps:
        if cap is None:
            return None
        if highest is None or cap.value > highest.value:
            highest = cap
    return highest


def _unreachable(limit: WrittenLimit, relation: str, other: WrittenLimit) -> Contradiction:
    return Contradiction(
        limit.scope,
        limit.name,
        LimitInForce(limit.value, limit.scope),
        relation,
        other.name,
        LimitInForce(other.value, other.scope),
    )


def _places(document: PolicyDocument) -> Iterator[Place]:
    """Yield the places where limits of different scopes may meet."""
    yield from _singles(document)
    portfolios, instruments = _saying(document.portfolios), _saying(document.instruments)
    for portfolio_id, of_portfolio in portfolios.items():
        for instrument, of_instrument in instruments.items():
            if _may_contradict(of_portfolio, of_instrument):
                yield Place(portfolio_id, instrument)


def _singles(document: PolicyDocument) -> Iterator[Place]:
    yield Place()
    yield from map(Place, document.portfolios)
    yield from (Place(instrument=one) for one in document.instruments)
    for portfolio_id, portfolio in document.portfolios.items():
        yield from (Place(portfolio_id, instrument) for instrument in portfolio.instruments)


def _saying(sections: Mapping[str, Document]) -> dict[str, Document]:
    """Return the sections that say something of a limit which may contradict another."""
    return {
        name: limits
        for name, limits in sections.items()
        if any(getattr(limits, one, None) is not None for one in _NAMES)
    }


def _may_contradict(one: Document, other: Document) -> bool:
    """Return whether a least of one scope is more than a most of the other."""
    for first, second in ORDERED:
        for least, most in ((one, other), (other, one)):
            low, high = getattr(least, first, None), getattr(most, second, None)
            if low is not None and high is not None and low > high:
                return True
    return False
