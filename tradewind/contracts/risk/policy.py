"""The risk policy: the document of limits that an operator applies, as a whole."""

import hashlib
import json
from typing import Annotated, Final

from pydantic import Field

from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.intents.model import PortfolioId
from tradewind.contracts.risk.limit_names import (
    AccountLimits,
    HoldingLimits,
    OrderLimits,
    PairLimits,
    SizeLimits,
    TotalAmountLimits,
    TotalLimits,
)
from tradewind.contracts.wire import IN_STORED_ORDER, Document

MAX_POLICY_PORTFOLIOS: Final = 500
MAX_POLICY_INSTRUMENTS: Final = 1_000
MAX_POLICY_VERSION: Final = 2**31 - 1
MAX_POLICY_BYTES: Final = 192 * 1024
"""The canonical JSON has to fit into an event."""

InstrumentKey = Annotated[
    str, Field(max_length=67, pattern=r"^[a-z][a-z0-9_]*-[A-Za-z0-9]+-[A-Za-z0-9]+$")
]
"""The key of a pair: `ethereum-WETH-USDC`."""


class GeneralLimits(OrderLimits, PairLimits, TotalLimits, AccountLimits):
    """Limits of every portfolio and instrument."""


class InstrumentPolicy(
    OrderLimits, SizeLimits, PairLimits, HoldingLimits, TotalLimits, TotalAmountLimits
):
    """Limits of an instrument, in every portfolio and over all of them."""


class PortfolioInstrumentPolicy(OrderLimits, SizeLimits, PairLimits, HoldingLimits):
    """Limits of an instrument in one portfolio."""


class PortfolioPolicy(OrderLimits, PairLimits, AccountLimits):
    """Limits of a portfolio, and of instruments in it."""

    instruments: Annotated[dict[InstrumentKey, PortfolioInstrumentPolicy], IN_STORED_ORDER] = Field(
        {}, max_length=MAX_POLICY_INSTRUMENTS
    )


class PolicyDocument(Document):
    """Limits by scope. The most specific scope that says something of a limit decides.

    `hard` limits are looser for nobody. `defaults` hold where no other scope says anything.
    """

    hard: GeneralLimits = GeneralLimits()
    defaults: GeneralLimits = GeneralLimits()
    portfolios: Annotated[dict[PortfolioId, PortfolioPolicy], IN_STORED_ORDER] = Field(
        {}, max_length=MAX_POLICY_PORTFOLIOS
    )
    instruments: Annotated[dict[InstrumentKey, InstrumentPolicy], IN_STORED_ORDER] = Field(
        {}, max_length=MAX_POLICY_INSTRUMENTS
    )


def canonical_json(document: PolicyDocument) -> bytes:
    """Return the one way to write a policy: keys sorted, without what is not set or white space."""
    content = document.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def content_of_policy(document: PolicyDocument) -> ContentId:
    """Return the SHA-256 of a policy's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(document)).hexdigest()
