"""One number a day: how many verdicts and plans are the same again, and how far fills were off."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

BPS: Final = 10_000
HUNDREDTHS: Final = 100
"""Differences are kept in hundredths of a basis point, as integers."""


class FillSplit(NamedTuple):
    """How a fill differs from what its plan expected; hundredths of a basis point of that."""

    total: int
    price_moved: int | None
    """By the states of the pools that were seen last before it; None where none were kept."""
    model: int | None
    """What those states do not explain: other traders in its block, and errors of the model."""
    gas: int | None
    """How much more gas was used than estimated, of the estimate; None where none was told."""


def split_of(
    expected: int, arrived: int, on_arrival: int | None, gas: tuple[int, int] | None
) -> FillSplit:
    """Return the parts of a difference; amounts in base units of the token bought."""

    def parts(amount: int, whole: int) -> int:
        return amount * BPS * HUNDREDTHS // whole if whole else 0

    moved = None if on_arrival is None else parts(on_arrival - expected, expected)
    total = parts(arrived - expected, expected)
    used = None if gas is None else parts(gas[0] - gas[1], gas[1])
    return FillSplit(total, moved, None if moved is None else total - moved, used)


@dataclass
class Day:
    """What was compared on a day."""

    verdicts: int = 0
    verdicts_equal: int = 0
    plans: int = 0
    plans_equal: int = 0
    not_rerunnable: int = 0
    fills: list[FillSplit] = field(default_factory=list)

    @property
    def equal_millionths(self) -> int | None:
        """The share of decisions that are the same, in millionths; None where there was none."""
        decided = self.verdicts + self.plans
        if not decided:
            return None
        return (self.verdicts_equal + self.plans_equal) * 1_000_000 // decided

    def median(self, part: str) -> int | None:
        """Return the median of the size of a part of the differences."""
        values = [getattr(one, part) for one in self.fills]
        sizes = sorted(abs(one) for one in values if one is not None)
        return sizes[len(sizes) // 2] if sizes else None


class Days:
    """Days by their date."""

    def __init__(self) -> None:
        self.by_date: dict[date, Day] = defaultdict(Day)

    def decided(self, day: date, *, is_plan: bool, is_equal: bool | None) -> None:
        """Count a decision; None is one that cannot be made again."""
        one = self.by_date[day]
        if is_equal is None:
            one.not_rerunnable += 1
        elif is_plan:
            one.plans += 1
            one.plans_equal += is_equal
        else:
            one.verdicts += 1
            one.verdicts_equal += is_equal

    def filled(self, day: date, split: FillSplit) -> None:
        """Note how a fill differs."""
        self.by_date[day].fills.append(split)

    @property
    def is_equal(self) -> bool:
        """Whether every decision is the same again."""
        whole = 1_000_000
        return all(one.equal_millionths in (None, whole) for one in self.by_date.values())
