"""The documents of portfolios, as the gateway answers them. Dollars are to a millionth."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.ids import (
    CorrelationId,
    CorrelationKind,
    Ulid,
    make_correlation_id,
)
from tradewind.contracts.instruments.assets import Address, Asset, Chain, instrument_key
from tradewind.contracts.intents.model import IntentType, PortfolioId, StrategyId
from tradewind.contracts.precision import EXACT, PRICE
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.system.trading_states import TradingState
from tradewind.contracts.wire import (
    MAX_DECIMAL_INTEGER_DIGITS,
    BaseUnits,
    DecimalString,
    Document,
    Timestamp,
)
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.keys import token_key
from tradewind.trading.accounting.valuation import Exposure, Marks, rounded_usd
from tradewind.trading.portfolios.views import HeldPosition, PortfolioView

MAX_SHOWN: Final = Decimal(10) ** MAX_DECIMAL_INTEGER_DIGITS
PRICE_STEP: Final = Decimal(1).scaleb(-18)
MAX_LISTED: Final = 200
"""The most positions, and the most balances, of one portfolio in one answer."""


class PositionDocument(Document):
    """What a portfolio holds of a pair, at average cost. Prices are of the last fills.

    A number is null where a token has no price, or where it has more than 40 digits.
    """

    portfolio_id: PortfolioId
    instrument: KeyToken
    symbol: str
    """The pair, as `WETH/USDC`."""
    strategy_id: StrategyId | None = None
    """Whose intent was last approved for the pair."""
    qty: DecimalString | None
    """Whole tokens of base; negative when more was sold than bought."""
    avg_entry_price: DecimalString | None
    """Quote paid for a whole token of what is held."""
    mark_price: DecimalString | None
    """Quote for a whole token of base, by the last fills."""
    market_value_usd: DecimalString | None
    unrealized_pnl: DecimalString | None
    """In quote: what closing at `mark_price` would gain."""
    unrealized_pnl_usd: DecimalString | None
    realized_pnl: DecimalString | None
    """In quote: what was closed gained."""
    realized_pnl_usd: DecimalString | None
    """The same in dollars, each part at the rate of its fill."""
    fills: int


class PortfolioBalance(Document):
    """What a portfolio has of a token: capital, what was bought and sold, and gas."""

    chain: Chain
    token: Address
    """Zero for the chain's native token."""
    symbol: str
    amount: DecimalString | None
    """Whole tokens; negative when more was spent than ever came in."""
    price_usd: DecimalString | None
    value_usd: DecimalString | None


class LimitDocument(Document):
    """A limit that is in force for the portfolio."""

    name: str
    """As in a risk policy, such as `daily_budget_usd`."""
    value: str
    scope: str
    """Whose limit it is, such as `defaults` or `portfolio fund`."""


class PortfolioSummary(Document):
    """A portfolio in numbers, at the rates of its last fills. Null is what cannot be known."""

    portfolio_id: PortfolioId
    version: int
    """It grows with every claim and every settlement."""
    as_of: int
    """The `global_seq` up to which the ledger is settled."""
    state: TradingState
    state_scope: str | None
    """What is in this state; null while everything is active."""
    state_reason: str | None
    funded: bool
    """Whether capital was ever booked."""
    cash_usd: DecimalString | None
    """The value of the tokens that are pegged to the dollar."""
    equity_usd: DecimalString | None
    gross_exposure_usd: DecimalString | None
    """The value of all other tokens, without their signs."""
    net_exposure_usd: DecimalString | None
    realized_pnl_usd: DecimalString | None
    unrealized_pnl_usd: DecimalString | None
    realized_pnl: dict[str, DecimalString]
    """In quote, by its symbol."""
    unrealized_pnl: dict[str, DecimalString]
    """In quote, by its symbol; without the quotes of pairs that have no price."""
    day_pnl_usd: DecimalString | None
    """How much equity has changed this UTC day, without the capital moved in and out."""
    peak_equity_usd: DecimalString | None
    drawdown_bps: int | None
    """How far equity is below its peak, in hundredths of a percent."""
    consecutive_losses: int
    gas_usd: DecimalString | None
    fees_usd: DecimalString | None
    """What pools kept, at the rates of the fills. It is a part of what was paid and received, so it
    is in the numbers above; null until a portfolio of an earlier release has its next fill."""
    fees: dict[str, DecimalString]
    """The same in quote, by its symbol."""
    position_count: int
    open_intents: int
    """Approved intents that have not ended."""
    claimed_usd: DecimalString | None
    """The worst case of what they may still spend."""
    budget_used_usd: DecimalString | None
    """What is claimed or used of the UTC day's budget."""


class AllocationDocument(Document):
    """What an approved intent takes of its portfolio's budget of a day."""

    id: Ulid
    """Of the intent."""
    run_id: str
    """The incarnation of the ledger in which it was decided."""
    correlation_id: CorrelationId
    trigger_id: Ulid
    """What asked for it: the intent."""
    portfolio_id: PortfolioId
    strategy_id: StrategyId
    instrument: KeyToken
    side: IntentType
    status: str
    """`claimed` until its end is recorded, then `used`, `released` or `expired`."""
    claim_timestamp: Timestamp
    claim_amount: DecimalString
    """US dollars."""
    release_timestamp: Timestamp | None
    release_amount: DecimalString | None
    """US dollars that came back; null while it is claimed."""
    claim_token: Address
    max_amount_in: BaseUnits | None
    """The most that may be spent of the token; null where nothing bounds it."""
    used_amount_in: BaseUnits


def summary_of(view: PortfolioView) -> dict[str, Any]:
    """Return the fields of a portfolio's summary."""
    worth, accounts, state = view.worth, view.accounts, view.state
    is_restricted = state.state is not TradingState.ACTIVE
    return {
        "portfolio_id": view.portfolio_id,
        "version": view.version,
        "as_of": view.common.moment.settled,
        "state": state.state,
        "state_scope": str(state.scope) if is_restricted else None,
        "state_reason": state.reason if is_restricted else None,
        "funded": accounts.is_funded,
        "cash_usd": usd(worth.cash_usd),
        "equity_usd": usd(worth.equity_usd),
        "gross_exposure_usd": usd(worth.gross_usd),
        "net_exposure_usd": usd(worth.net_usd),
        "realized_pnl_usd": usd(accounts.realised_usd),
        "unrealized_pnl_usd": usd(worth.unrealised_usd),
        **_by_quote(view),
        "day_pnl_usd": usd(worth.day_profit_usd),
        "peak_equity_usd": usd(worth.peak_equity_usd),
        "drawdown_bps": _drawdown_bps(worth.peak_equity_usd, worth.equity_usd),
        "consecutive_losses": accounts.consecutive_losses,
        "gas_usd": usd(accounts.gas_usd),
        "fees_usd": usd(accounts.fee_usd),
        "fees": _fees(accounts),
        "position_count": len(view.open_positions),
        "open_intents": view.open_intents,
        "claimed_usd": usd(view.claimed_usd),
        "budget_used_usd": usd(view.budget_used_usd),
    }


def positions_of(view: PortfolioView) -> tuple[PositionDocument, ...]:
    """Return what a portfolio holds, the first MAX_LISTED pairs."""
    held = view.open_positions[:MAX_LISTED]
    return tuple(position_of(HeldPosition(view.portfolio_id, one, view.marks)) for one in held)


def position_of(held: HeldPosition) -> PositionDocument:
    """Return the document of a position."""
    position, holding = held.position, held.position.holding
    base, quote = holding.base, holding.quote
    quantity = from_base_units(holding.quantity, base.decimals)
    cost = from_base_units(holding.cost, quote.decimals)
    mark = _mark(held.marks, base, quote)
    gain = None if mark is None else PRICE.subtract(PRICE.multiply(quantity, mark), cost)
    return PositionDocument(
        portfolio_id=held.portfolio_id,
        instrument=instrument_key(base, quote),
        symbol=f"{base.symbol}/{quote.symbol}",
        strategy_id=held.strategy_id,
        qty=shown(quantity),
        avg_entry_price=_price(cost, quantity),
        mark_price=None if mark is None else shown(mark),
        market_value_usd=_value_usd(quantity, base, held.marks),
        unrealized_pnl=None if gain is None else shown(_rounded(gain, quote)),
        unrealized_pnl_usd=None if gain is None else _value_usd(gain, quote, held.marks),
        realized_pnl=shown(from_base_units(holding.realised, quote.decimals)),
        realized_pnl_usd=usd(position.realised_usd),
        fills=holding.fills,
    )


def balances_of(view: PortfolioView) -> tuple[PortfolioBalance, ...]:
    """Return what a portfolio has of each token, the first MAX_LISTED."""
    return tuple(map(_balance, view.worth.exposures[:MAX_LISTED]))


def limits_of(view: PortfolioView) -> tuple[LimitDocument, ...]:
    """Return the limits in force for a portfolio."""
    return tuple(
        LimitDocument(name=name, value=_word(limit.value), scope=limit.scope)
        for name, limit in sorted(view.limits.items())
    )


def allocation_of(row: Mapping[str, Any]) -> AllocationDocument:
    """Return the document of an allocation's row."""
    ended_at: datetime | None = row["ended_at"]
    given_back = None if ended_at is None else row["notional_usd"] - row["budget_usd"]
    claim = row["claim_amount"]
    return AllocationDocument(
        id=row["intent_id"],
        run_id=row["incarnation"],
        correlation_id=make_correlation_id(CorrelationKind.INTENT, row["intent_id"]),
        trigger_id=row["intent_id"],
        portfolio_id=row["portfolio_id"],
        strategy_id=row["strategy_id"],
        instrument=row["instrument"],
        side=row["side"],
        status=row["status"],
        claim_timestamp=row["decided_at"],
        claim_amount=row["notional_usd"],
        release_timestamp=ended_at,
        release_amount=given_back,
        claim_token=row["claim_token"],
        max_amount_in=None if claim is None else int(claim),
        used_amount_in=int(row["used_amount"]),
    )


def usd(value: Decimal | None) -> Decimal | None:
    """Return dollars as they are shown."""
    return None if value is None else shown(rounded_usd(value))


def shown(value: Decimal) -> Decimal | None:
    """Return a number that fits into a document; None for one that does not."""
    return value if abs(value) < MAX_SHOWN else None


def day_of(moment: date) -> str:
    """Return a day as it is written."""
    return moment.isoformat()


def _balance(one: Exposure) -> PortfolioBalance:
    return PortfolioBalance(
        chain=one.token.chain,
        token=one.token.address,
        symbol=one.token.symbol,
        amount=shown(from_base_units(one.amount, one.token.decimals)),
        price_usd=one.price_usd,
        value_usd=usd(one.value_usd),
    )


def _fees(accounts: Accounts) -> dict[str, Decimal]:
    """Return what pools kept by the symbol of the quote, as far as that is known."""
    fees: dict[str, Decimal] = {}
    for _, position in sorted(accounts.positions.items()):
        quote = position.holding.quote
        if position.fee is not None:
            fee = from_base_units(position.fee, quote.decimals)
            fees[quote.symbol] = EXACT.add(fees.get(quote.symbol, Decimal(0)), fee)
    return {name: one for name, one in fees.items() if shown(one) is not None}


def _by_quote(view: PortfolioView) -> dict[str, dict[str, Decimal]]:
    """Return what was gained, and would be gained, by the symbol of the quote."""
    realized: dict[str, Decimal] = {}
    unrealized: dict[str, Decimal | None] = {}
    for position in view.accounts.positions.values():
        base, quote, quantity, cost, realised, _ = position.holding
        gain = from_base_units(realised, quote.decimals)
        realized[quote.symbol] = EXACT.add(realized.get(quote.symbol, Decimal(0)), gain)
        if not quantity:
            continue
        mark = _mark(view.marks, base, quote)
        value = None
        if mark is not None:
            value = PRICE.multiply(from_base_units(quantity, base.decimals), mark)
            value = PRICE.subtract(value, from_base_units(cost, quote.decimals))
        before = unrealized.get(quote.symbol, Decimal(0))
        unrealized[quote.symbol] = (
            None if value is None or before is None else _rounded(PRICE.add(before, value), quote)
        )
    return {
        "realized_pnl": {name: one for name, one in realized.items() if shown(one) is not None},
        "unrealized_pnl": {
            name: one
            for name, one in unrealized.items()
            if one is not None and shown(one) is not None
        },
    }


def _drawdown_bps(peak: Decimal | None, equity: Decimal | None) -> int | None:
    if peak is None or equity is None or peak <= 0:
        return None
    return int(PRICE.divide(PRICE.multiply(PRICE.subtract(peak, equity), 10_000), peak))


def _mark(marks: Marks, base: Asset, quote: Asset) -> Decimal | None:
    base_usd, quote_usd = marks.get(token_key(base)), marks.get(token_key(quote))
    return None if base_usd is None or not quote_usd else _price(base_usd, quote_usd)


def _price(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    if not divisor:
        return None
    price = PRICE.divide(dividend, divisor)
    if abs(price) >= MAX_SHOWN:
        return None
    price = price.quantize(PRICE_STEP, ROUND_HALF_EVEN, context=EXACT).normalize(EXACT)
    return price or Decimal(0)


def _value_usd(amount: Decimal, token: Asset, marks: Marks) -> Decimal | None:
    rate = marks.get(token_key(token))
    return None if rate is None else usd(PRICE.multiply(amount, rate))


def _rounded(amount: Decimal, token: Asset) -> Decimal:
    step = Decimal(1).scaleb(-token.decimals)
    return amount.quantize(step, ROUND_HALF_EVEN, context=EXACT)


def _word(value: Decimal | int | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
