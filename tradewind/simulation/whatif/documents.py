"""A what-if as it is asked and answered."""

from typing import Annotated, Final

from pydantic import Field, model_validator

from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.simulation.whatif.changes import ChangedLimits

MAX_DAYS: Final = 400
SHOWN_FLIPS: Final = 200


class WhatIfRequest(Document):
    """Which recorded decisions, and what they would have been made by."""

    from_: Annotated[Timestamp, Field(alias="from")]
    to: Timestamp
    strategy_id: StrategyId | None = None
    limits: ChangedLimits

    @model_validator(mode="after")
    def _check_range(self) -> "WhatIfRequest":
        if self.to <= self.from_:
            raise ValueError("to: is not later than from")
        if (self.to - self.from_).days > MAX_DAYS:
            raise ValueError(f"to: is more than {MAX_DAYS} days later than from")
        return self


class WhatIfFlip(Document):
    """An intent that would have been decided otherwise."""

    correlation_id: str
    time: Timestamp
    strategy_id: str
    instrument: str
    before: str
    """`accepted` or `refused`."""
    after: str
    reason: str
    """The first rule that refuses it, or that refused it."""
    confirmed: bool | None
    """Whether risk, run again on what it decided on, says the same; null for a limit that depends
    on what was let through before, and where it cannot be run again."""


class RuleFlips(Document):
    """How many flips a rule causes."""

    rule: str
    flips: int


class DayFlips(Document):
    """The flips of a day, UTC, and how much more it would have brought, in US dollars."""

    day: str
    flips: int
    profit_delta: DecimalString


class WhatIfDocument(Document):
    """What other limits would have made of recorded decisions. Profits in US dollars."""

    decisions: int
    """Intents that risk decided about."""
    same: int
    unknown: int
    """Those among the same of which a number was not recorded that a limit is held against."""
    flips: tuple[WhatIfFlip, ...]
    """The first 200."""
    flips_total: int
    profit_before: DecimalString
    """Of what was traded, at the last prices; without gas."""
    profit_after: DecimalString
    drawdown_before: DecimalString
    """The deepest fall from a peak, in US dollars."""
    drawdown_after: DecimalString
    by_rule: tuple[RuleFlips, ...]
    by_day: tuple[DayFlips, ...]
    filled_exactly: int
    """Newly accepted intents that were filled on their recorded markets."""
    sampled: bool
    """Whether there were more of them, which are taken to be like the mean of those."""
