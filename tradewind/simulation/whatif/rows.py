"""Recorded decisions and fills as columns of integers, and the intents they are about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tradewind.contracts.risk.reasons import RiskRejectionReason

Column = NDArray[np.int64]
Flags = NDArray[np.bool_]

UNKNOWN: Final = -1
SCREENED, APPROVED, REJECTED, WAITING = range(4)
"""The verdicts of a row."""

DECISION_FIELDS: Final = (
    *("opened_seq", "global_seq", "time_ms", "strategy", "portfolio", "instrument", "failed"),
    *("stage", "verdict", "is_sale", "amount_billionths", "notional_millionths", "slippage_e18"),
    *("quote_price_millionths", "held_billionths", "day_notional_millionths"),
    *("equity_millionths", "peak_millionths"),
)
"""A decision of risk; all are int64. Strategy, portfolio, instrument and failed are hashes of
names, `stage` is 1 for that of the portfolio, and `UNKNOWN` is what was not recorded."""

FILL_FIELDS: Final = (
    *("opened_seq", "global_seq", "time_ms", "bought_billionths", "paid_millionths"),
)
"""A fill; bought (whole base tokens) and paid (whole quote tokens) are negative for a sale."""

_ORDER: Final = (
    *("INSTRUMENT_UNKNOWN", "INSTRUMENT_DISABLED", "INSTRUMENT_REDUCE_ONLY", "ORDER_SIZE_MINIMUM"),
    *("ORDER_SIZE_LIMIT", "LOT_SIZE", "TICK_SIZE", "NOTIONAL_MINIMUM", "NOTIONAL_LIMIT"),
    *("SLIPPAGE_LIMIT", "PRICE_UNAVAILABLE", "MARKET_STALE", "PRICE_COLLAR"),
)
"""The rules of the instrument stage, in their order; those of the portfolio stage follow."""
RULES: Final = (
    *map(RiskRejectionReason, _ORDER),
    *(one for one in RiskRejectionReason if one not in _ORDER),
)
BITS: Final = {rule: 1 << place for place, rule in enumerate(RULES)}
OTHER_BIT: Final = 1 << len(RULES)
"""A refusal for a reason that is no rule of today's."""


def decision_dtype() -> np.dtype[Any]:
    """Return the type of a row of decisions."""
    return np.dtype([(name, np.int64) for name in DECISION_FIELDS])


def fill_dtype() -> np.dtype[Any]:
    """Return the type of a row of fills."""
    return np.dtype([(name, np.int64) for name in FILL_FIELDS])


def mask_of(failed: str) -> int:
    """Return a bit for each rule in a list that is parted by commas."""
    mask = 0
    for name in filter(None, failed.split(",")):
        known = name in RiskRejectionReason.__members__
        mask |= BITS[RiskRejectionReason(name)] if known else OTHER_BIT
    return mask


def reason_of(mask: int) -> str:
    """Return the first rule of a mask; empty where there is none."""
    if not mask:
        return ""
    place = (mask & -mask).bit_length() - 1
    return str(RULES[place]) if place < len(RULES) else "OTHER"


@dataclass(frozen=True, slots=True)
class Names:
    """What hashes stand for."""

    strategies: Mapping[int, str]
    portfolios: Mapping[int, str]
    instruments: Mapping[int, str]
    failed: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Orders:
    """Decided intents in order of decision: one row each, columns of equal length."""

    rows: NDArray[Any]
    """Of the stage that saw the order first, with the book of the portfolio stage."""
    instrument_mask: Column
    """The rules of the instrument stage that failed."""
    portfolio_mask: Column
    """Those of the portfolio stage; 0 where it was not asked."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def accepted(self) -> Flags:
        """Whether risk approved."""
        failed = self.instrument_mask | self.portfolio_mask
        return np.asarray(failed == 0, np.bool_)


_BOOK: Final = (
    "held_billionths",
    "day_notional_millionths",
    "equity_millionths",
    "peak_millionths",
)


def orders_of(decisions: NDArray[Any], names: Names) -> Orders:
    """Return the intents that were decided, from rows in order of `global_seq`.

    Those that wait for a person, or that the portfolio stage has not decided, are left out.
    """
    masks = _masks(decisions["failed"], names.failed)
    first = _places(decisions, decisions["stage"] == 0, last=False)
    rows = decisions[first]
    second, has_second = _second_stage(decisions, rows["opened_seq"])
    later = decisions[second]
    for name in _BOOK:
        rows[name] = np.where(has_second, later[name], UNKNOWN)
    refused = rows["verdict"] == REJECTED
    refused_later = has_second & (later["verdict"] == REJECTED)
    instrument_mask = _told(refused, masks[first])
    portfolio_mask = _told(refused_later, masks[second])
    is_decided = has_second & np.isin(later["verdict"], (APPROVED, REJECTED))
    order = np.flatnonzero((rows["verdict"] != SCREENED) | is_decided)
    order = order[np.argsort(rows["global_seq"][order], kind="stable")]
    return Orders(rows[order], instrument_mask[order], portfolio_mask[order])


def _second_stage(decisions: NDArray[Any], opened: Column) -> tuple[Column, Flags]:
    """Return the place of each intent's last row of the portfolio stage, and whether it has one."""
    ends = _places(decisions, decisions["stage"] == 1, last=True)
    if not len(ends):
        return np.zeros(len(opened), np.int64), np.zeros(len(opened), bool)
    at = np.searchsorted(decisions["opened_seq"][ends], opened)
    second = ends[np.minimum(at, len(ends) - 1)]
    return second, decisions["opened_seq"][second] == opened


def _told(refused: Flags, masks: Column) -> Column:
    """Return masks of refusals; one that tells no rule is for a reason of its own."""
    return np.where(refused, np.where(masks == 0, OTHER_BIT, masks), 0)


def _masks(hashes: Column, failed: Mapping[int, str]) -> Column:
    known = sorted(failed)
    if not known or not len(hashes):
        return np.zeros(len(hashes), np.int64)
    values = np.array([mask_of(failed[one]) for one in known], np.int64)
    places = np.minimum(np.searchsorted(np.array(known, np.int64), hashes), len(known) - 1)
    return values[places]


def _places(decisions: NDArray[Any], wanted: Flags, *, last: bool) -> Column:
    """Return the place of the first, or last, wanted row of each intent, by `opened_seq`."""
    places = np.flatnonzero(wanted)
    if last:
        places = places[::-1]
    _, found = np.unique(decisions["opened_seq"][places], return_index=True)
    return places[found]


def columns_of(values: Sequence[Sequence[int]], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return rows of integers in the form that the rest of the package reads."""
    return np.array([tuple(one) for one in values], dtype)
