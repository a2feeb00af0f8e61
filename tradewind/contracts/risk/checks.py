"""What a rule compared. Every decision of risk carries its checks, in the order of the rules."""

from typing import Annotated, Final

from pydantic import Field

from tradewind.contracts.payload import is_absent
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.wire import Document

MAX_CHECKS: Final = 64
MAX_COMPARED_LENGTH: Final = 200

Compared = Annotated[str, Field(max_length=MAX_COMPARED_LENGTH)]
"""A number with its unit, or a word, as a person reads it: `3005.2 USD`."""


class RiskCheck(Document):
    """One rule, what it compared, and whether the intent passed it."""

    rule: RiskRejectionReason
    passed: bool
    value: Compared | None = Field(None, exclude_if=is_absent)
    limit: Compared | None = Field(None, exclude_if=is_absent)
    scope: Compared | None = Field(None, exclude_if=is_absent)
    """Whose limit it is: `settings`, `hard`, `portfolio fund`, `instrument ethereum-WETH-USDC`."""


RiskChecks = Annotated[tuple[RiskCheck, ...], Field(max_length=MAX_CHECKS)]
