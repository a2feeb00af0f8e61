"""What a new policy changes, and where it lets more through than the one before it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.risk.policy import (
    GeneralLimits,
    InstrumentPolicy,
    PolicyDocument,
    PortfolioInstrumentPolicy,
    PortfolioPolicy,
)
from tradewind.contracts.wire import Document
from tradewind.trading.policy.combinations import Said, telling_combinations
from tradewind.trading.policy.resolution import (
    DEFAULTS,
    HARD,
    LimitValue,
    in_force,
    is_looser,
    scopes_of,
)

INSTRUMENTS: Final = "instruments"
ANY_OTHER: Final = ""
"""Stands for the portfolios, or the instruments, that a policy does not name."""
_NAMES: Final = tuple(
    dict.fromkeys(
        name
        for kind in (GeneralLimits, InstrumentPolicy, PortfolioPolicy, PortfolioInstrumentPolicy)
        for name in kind.model_fields
        if name != INSTRUMENTS
    )
)


class Place(NamedTuple):
    """A portfolio and an instrument."""

    portfolio_id: str = ANY_OTHER
    instrument: str = ANY_OTHER

    def __str__(self) -> str:
        parts = ("portfolio", self.portfolio_id), ("instrument", self.instrument)
        return ", ".join(f"{kind} {name}" for kind, name in parts if name) or DEFAULTS


class WrittenLimit(NamedTuple):
    """A limit as a policy writes it in a scope."""

    scope: str
    name: str
    value: LimitValue

    @property
    def text(self) -> str:
        return written(self.value)

    def __str__(self) -> str:
        return f"{self.scope}: {self.name} {self.text}"


class Change(NamedTuple):
    """A limit that a new policy sets otherwise."""

    scope: str
    name: str
    before: LimitValue | None
    after: LimitValue | None

    @property
    def is_looser(self) -> bool:
        """Whether it lets something through that the limit before refused."""
        return is_looser(self.name, self.after, self.before)

    def __str__(self) -> str:
        return f"{self.scope}: {self.name} {written(self.before)} -> {written(self.after)}"


def written(value: LimitValue | None) -> str:
    """Return a limit as it is written; `none` where there is no limit."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def changes_of(before: PolicyDocument, after: PolicyDocument) -> list[Change]:
    """Return what is written otherwise, in the order of the scopes."""
    old, new = (
        {(one.scope, one.name): one.value for one in limits_of(document)}
        for document in (before, after)
    )
    places = dict.fromkeys((*old, *new))
    found = (Change(*place, old.get(place), new.get(place)) for place in places)
    return [one for one in found if one.before != one.after]


def loosened_by(before: PolicyDocument, after: PolicyDocument) -> list[Change]:
    """Return the limits that are in force more loosely for some portfolio and instrument.

    It is not what is written that is compared: a looser number changes nothing where another scope
    holds, and one that is taken away loosens wherever it was the tightest.
    """
    return [change for name in _NAMES for change in _loosened(name, before, after)]


def _loosened(name: str, before: PolicyDocument, after: PolicyDocument) -> Iterator[Change]:
    told: set[Place] = set()
    for place in _places(name, before, after):
        # What is said of a portfolio, or of an instrument, is not said of each of its pairs again.
        if {Place(), Place(place.portfolio_id), Place(instrument=place.instrument)} & told:
            continue
        old = in_force(name, scopes_of(before, *place))
        new = in_force(name, scopes_of(after, *place))
        change = Change(str(place), name, old and old.value, new and new.value)
        if change.is_looser:
            told.add(place)
            yield change


def _places(name: str, before: PolicyDocument, after: PolicyDocument) -> dict[Place, None]:
    """Return the places of which something is said of a limit, and others that tell of the rest."""
    documents = before, after
    portfolios = _saying(name, [one.portfolios for one in documents])
    instruments = _saying(name, [one.instruments for one in documents])
    defaults = getattr(before.defaults, name, None), getattr(after.defaults, name, None)
    pairs = dict.fromkeys(_pairs(name, documents))
    combinations = telling_combinations(name, portfolios, instruments, defaults, pairs)
    places = [
        Place(),
        *map(Place, portfolios),
        *(Place(instrument=one) for one in instruments),
        *pairs,
        *(Place(*both) for both in combinations),
    ]
    return dict.fromkeys(places)


def _saying(name: str, sections: Sequence[Mapping[str, Document]]) -> dict[str, Said]:
    """Return what two policies say of a limit, for each section in which one says something."""
    before, after = sections
    said = {
        key: (getattr(before.get(key), name, None), getattr(after.get(key), name, None))
        for key in sorted({*before, *after})
    }
    return {key: values for key, values in said.items() if values != (None, None)}


def _pairs(name: str, documents: Iterable[PolicyDocument]) -> Iterator[Place]:
    for document in documents:
        for portfolio_id, portfolio in document.portfolios.items():
            for instrument, limits in portfolio.instruments.items():
                if getattr(limits, name, None) is not None:
                    yield Place(portfolio_id, instrument)


def limits_of(document: PolicyDocument) -> list[WrittenLimit]:
    """Return all limits of a policy, in the order of the scopes."""
    return [
        WrittenLimit(scope, name, value)
        for scope, limits in _sections(document)
        for name in _NAMES
        if (value := getattr(limits, name, None)) is not None
    ]


def capped_by_hard(document: PolicyDocument) -> list[tuple[WrittenLimit, WrittenLimit]]:
    """Return the limits that are looser than the hard ones, each with the one that holds."""
    hard = {one.name: one for one in limits_of(document) if one.scope == HARD}
    return [
        (one, hard[one.name])
        for one in limits_of(document)
        if one.name in hard and is_looser(one.name, one.value, hard[one.name].value)
    ]


def _sections(document: PolicyDocument) -> Iterator[tuple[str, Document]]:
    yield HARD, document.hard
    yield DEFAULTS, document.defaults
    for portfolio_id, portfolio in sorted(document.portfolios.items()):
        yield str(Place(portfolio_id)), portfolio
        for instrument, limits in sorted(portfolio.instruments.items()):
            yield str(Place(portfolio_id, instrument)), limits
    for instrument, limits_of_all in sorted(document.instruments.items()):
        yield str(Place(instrument=instrument)), limits_of_all
