"""Calibrated probabilities: a table by isotonic regression, which never falls as confidence rises.

Barlow, Bartholomew, Bremner and Brunk, Statistical Inference under Order Restrictions (1972): the
pool-adjacent-violators algorithm gives the non-decreasing values with the least squared error.
"""

import json
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction as Ratio
from itertools import pairwise
from typing import Annotated, Final, NamedTuple, Self

from pydantic import Field, model_validator

from tradewind.contracts.decisions.model import ModelName
from tradewind.contracts.intents.model import Fraction
from tradewind.contracts.precision import PRICE
from tradewind.contracts.wire import Document

MIN_TABLE_OUTCOMES: Final = 200
"""With fewer outcomes a table would follow chance."""
BINS: Final = 20
"""Confidences are pooled in bins of 5 % before anything else, so a table has so many knots."""
STEP: Final = Decimal("0.000001")
MAX_TABLES: Final = 256


class Outcome(NamedTuple):
    """What a model held for likely, and what happened."""

    probability: Decimal
    """That following the signal pays, 0 to 1."""
    paid: bool
    times: int = 1
    """How often it was so."""


class Knot(Document):
    """A probability as a model says it, and what it was worth."""

    said: Fraction
    seen: Fraction


class CalibrationTable(Document):
    """What the confidences of a model and a prompt were worth, as of one version."""

    model: ModelName
    prompt_version: str = Field(min_length=1, max_length=48)
    horizon_seconds: int = Field(ge=1, le=604_800)
    version: int = Field(ge=1)
    outcomes: int = Field(ge=MIN_TABLE_OUTCOMES)
    knots: Annotated[tuple[Knot, ...], Field(min_length=1, max_length=BINS)]

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        for before, after in pairwise(self.knots):
            if after.said <= before.said or after.seen < before.seen:
                raise ValueError("knots: said must ascend, and seen must not fall")
        return self

    def calibrated(self, probability: Decimal) -> Decimal:
        """Return what a probability is worth: between knots on a line, beyond them the last one."""
        before = self.knots[0]
        if probability <= before.said:
            return before.seen
        for after in self.knots[1:]:
            if probability <= after.said:
                return _on_the_line(before, after, probability)
            before = after
        return before.seen


class CalibrationTables(Document):
    """The tables in force: one for a model and a prompt."""

    tables: Annotated[tuple[CalibrationTable, ...], Field(max_length=MAX_TABLES)] = ()

    def of(self, model: str, prompt_version: str | None) -> CalibrationTable | None:
        """Return the table of a model and a prompt; None without one."""
        wanted = (model, prompt_version)
        found = (one for one in self.tables if (one.model, one.prompt_version) == wanted)
        return next(found, None)

    def canonical_json(self) -> str:
        """Return the one way to write them: keys sorted, without white space."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


class _Pool(NamedTuple):
    size: int
    said: Ratio
    """The sum of probabilities."""
    paid: int

    def joined(self, other: Self) -> "_Pool":
        return _Pool(self.size + other.size, self.said + other.said, self.paid + other.paid)

    @property
    def share(self) -> Ratio:
        return Ratio(self.paid, self.size)


def knots_of(outcomes: Iterable[Outcome]) -> tuple[Knot, ...] | None:
    """Return the knots of a table; None under MIN_TABLE_OUTCOMES outcomes."""
    found = list(outcomes)
    if sum(one.times for one in found) < MIN_TABLE_OUTCOMES:
        return None
    return tuple(_knot(one) for one in _without_violators(_binned(found)))


def _binned(outcomes: Sequence[Outcome]) -> list[_Pool]:
    bins: dict[int, _Pool] = {}
    for probability, paid, times in outcomes:
        number = min(int(probability * BINS), BINS - 1)
        one = _Pool(times, times * Ratio(probability), times * int(paid))
        bins[number] = bins[number].joined(one) if number in bins else one
    return [bins[number] for number in sorted(bins)]


def _without_violators(pools: Iterable[_Pool]) -> list[_Pool]:
    """Pool neighbours until the shares do not fall."""
    kept: list[_Pool] = []
    for pool in pools:
        joined = pool
        while kept and kept[-1].share >= joined.share:
            joined = kept.pop().joined(joined)
        kept.append(joined)
    return kept


def _knot(pool: _Pool) -> Knot:
    return Knot(said=_rounded(pool.said / pool.size), seen=_rounded(pool.share))


def _rounded(ratio: Ratio) -> Decimal:
    exact = PRICE.divide(Decimal(ratio.numerator), Decimal(ratio.denominator))
    return exact.quantize(STEP, ROUND_HALF_EVEN, context=PRICE)


def _on_the_line(before: Knot, after: Knot, probability: Decimal) -> Decimal:
    share = PRICE.divide(probability - before.said, after.said - before.said)
    exact = PRICE.fma(after.seen - before.seen, share, before.seen)
    return exact.quantize(STEP, ROUND_HALF_EVEN, context=PRICE)
