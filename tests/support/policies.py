"""Risk policies in YAML, and what the portfolio stage judges an intent by."""

import textwrap
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from actors.portfolio.judgement import Judgement
from actors.portfolio.rules import RULES as PORTFOLIO_RULES
from tests.support.factories import NOW, USDC, WETH, submitted
from tests.support.limits import RISK_LIMITS
from tradewind.contracts.envelope import Event, next_events
from tradewind.contracts.portfolio.book import Book, BookPosition
from tradewind.contracts.risk.limits import PortfolioLimits, RiskInputs, RiskLimits
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.contracts.risk.policy import PolicyDocument
from tradewind.trading.policy.policy_file import parse_policy
from tradewind.trading.policy.risk_policy import RiskPolicy

RULES: Any = SimpleNamespace(**{rule.__name__: rule for rule in PORTFOLIO_RULES})
"""The rules of the portfolio stage by name."""
PRICE_USD = Decimal(2_000)
INSTRUMENT = "ethereum-WETH-USDC"


def document(text: str) -> PolicyDocument:
    """Return the policy that an indented text writes."""
    return parse_policy(textwrap.dedent(text).encode())


def policy(text: str) -> RiskPolicy:
    """Return the same, as the stages ask it."""
    return RiskPolicy(document(text))


def position(symbol: str = "WETH", **fields: Any) -> BookPosition:
    """Return what a book says of one of the two tokens."""
    token = {"WETH": WETH, "USDC": USDC}[symbol].address
    values: dict[str, Any] = {"token": token, "symbol": symbol, "quantity": 0}
    return BookPosition(**values | fields)


def book(**fields: Any) -> Book:
    """Return the book of a portfolio that holds nothing, and has nothing under way."""
    positions = position(incoming=0), position("USDC")
    values: dict[str, Any] = {"version": 1, "as_of": 1, "positions": positions}
    return Book(**values | fields)


def screened(
    *,
    worst_usd: Decimal | int = 2_100,
    limits: RiskLimits = RISK_LIMITS,
    at: datetime = NOW,
    **changes: Any,
) -> Event[RiskScreened]:
    """Return a screened `acquire 1 WETH` at 2,000 USD that may cost `worst_usd`, with changes."""
    event = submitted(at=at, **changes)
    wanted = event.payload.intent
    buys = wanted.intent_type == "acquire"
    payload = RiskScreened(
        intent_id=event.payload.intent_id,
        intent=wanted,
        expires_at=event.payload.expires_at,
        notional_usd=wanted.amount * PRICE_USD,
        price_usd=PRICE_USD,
        price_block_number=17,
        quote_price_usd=Decimal(1),
        max_notional_usd=limits.max_notional_usd,
        max_slippage_limit=limits.max_slippage,
        priority=1,
        max_amount_in=int(worst_usd * 10**6) if buys else wanted.amount_base_units,
        inputs=RiskInputs(market=None, limits=limits),
    )
    return next_events(event, [payload], producer="risk", at=at)[0]


def judgement(
    limits: dict[str, Any] | None = None, stood: Book | None = None, **changes: Any
) -> Judgement:
    """Return what the rules get for these limits, this book, and a screened intent."""
    named = limits or {}
    in_force = PortfolioLimits(**named, scopes=dict.fromkeys(named, "portfolio demo"))
    return Judgement(screened(**changes).payload, in_force, stood or book(), NOW)
