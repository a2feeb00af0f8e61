"""Makes fills of several pairs at any place of a chain, and the risk events with their rates."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from tests.support.factories import LINK, USDC, WBTC, WETH
from tradewind.contracts.envelope import AnyEvent, Event, event_after
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.contracts.ids import (
    CorrelationKind,
    derive_plan_id,
    make_correlation_id,
    make_ulid,
)
from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.plans.model import ExecutionStep, RouteQuote
from tradewind.contracts.risk.payloads import RiskApproved, RiskScreened
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.venues import SIMULATED

PAIRS: Final[Sequence[tuple[Asset, Asset]]] = ((WETH, USDC), (LINK, WETH), (WBTC, USDC))
FIRST_DAY: Final = datetime(2026, 11, 20, 22, tzinfo=UTC)
SCREENED_SEQUENCE: Final = 2
FIRST_FILL_SEQUENCE: Final = 8
FEE_PIPS: Final = 3_000


class Trade(NamedTuple):
    """An intent that was filled in `parts` equal parts, one transaction for all."""

    number: int
    pair: int = 0
    is_purchase: bool = True
    quantity: int = 10**18
    cost: int = 3_000 * 10**6
    minutes: int = 0
    """After FIRST_DAY began."""
    transaction_index: int | None = 0
    parts: int = 1
    fee_wei: int | None = None
    base_usd: Decimal | None = None
    quote_usd: Decimal | None = None
    portfolio_id: str = "fund"
    strategy_id: str | None = None

    @property
    def base(self) -> Asset:
        return PAIRS[self.pair][0]

    @property
    def quote(self) -> Asset:
        return PAIRS[self.pair][1]

    @property
    def time(self) -> datetime:
        return FIRST_DAY + timedelta(minutes=self.minutes)

    @property
    def correlation_id(self) -> str:
        return make_correlation_id(CorrelationKind.INTENT, _ulid(self.number))

    @property
    def plan_id(self) -> str:
        return derive_plan_id(self.correlation_id, 5)

    @property
    def tx_hash(self) -> str:
        return f"0x{self.number:064x}"

    def fills(self) -> list[Event[StepFilled]]:
        """Return the fills, in the order of their parts."""
        return [self.fill(index, FIRST_FILL_SEQUENCE + index) for index in range(self.parts)]

    def fill(self, index: int, sequence: int, **changes: Any) -> Event[StepFilled]:
        """Return a part; with `changes` it is told otherwise."""
        sold, bought = (self.cost, self.quantity)
        if not self.is_purchase:
            sold, bought = bought, sold
        payload = StepFilled(
            intent_id=_ulid(self.number),
            plan_id=self.plan_id,
            step_index=0,
            tx_hash=self.tx_hash,
            strategy_id=self.strategy_id,
            fill_index=index,
            amount_in=sold // self.parts,
            amount_out=bought // self.parts,
            cumulative_amount_in=sold // self.parts * (index + 1),
            cumulative_amount_out=bought // self.parts * (index + 1),
            final=index == self.parts - 1,
            block_number=self.minutes,
            block_time=self.time,
            transaction_index=self.transaction_index,
            log_index=self.transaction_index,
            fee_wei=self.fee_wei,
            step=_step(self.pair, self.is_purchase),
        )
        return event_after(
            payload.model_copy(update=changes),
            correlation_id=self.correlation_id,
            last_sequence=sequence - 1,
            last_topic="exec.step_submitted",
            key=EventKey(
                instrument=instrument_key(self.base, self.quote), portfolio=self.portfolio_id
            ),
            producer="orchestrator",
            at=self.time + timedelta(seconds=5),
        )

    def screening(self) -> tuple[str, dict[str, str]]:
        """Return topic and payload of the risk event, as far as accounts read it."""
        prices = {"priceUsd": self.base_usd, "quotePriceUsd": self.quote_usd}
        topic = RiskApproved.topic if self.quote_usd is None else RiskScreened.topic
        return topic, {name: f"{price:f}" for name, price in prices.items() if price is not None}


@cache
def _ulid(number: int) -> str:
    return make_ulid(1_763_600_000_000 + number, number.to_bytes(10))


@cache
def _step(pair: int, is_purchase: bool) -> ExecutionStep:
    base, quote = PAIRS[pair]
    sold, bought = (quote, base) if is_purchase else (base, quote)
    route = RouteQuote(
        pool=WETH.address,
        fee_pips=FEE_PIPS,
        amount_in=1,
        amount_out=1,
        ticks_crossed=0,
        gas_estimate=95_000,
        block_number=1,
        sqrt_price_x96_after=1,
    )
    return ExecutionStep(
        venue=SIMULATED,
        base=base,
        quote=quote,
        token_in=sold.address,
        token_out=bought.address,
        amount_in=1,
        min_out=1,
        route=route,
    )


_prices = st.one_of(st.none(), st.decimals("0.000001", "99999", places=6))


def trades(max_size: int = 12) -> st.SearchStrategy[list[Trade]]:
    """Make lists of trades that share blocks, pairs and days; some places and prices are absent."""
    one = st.builds(
        Trade,
        number=st.just(0),
        pair=st.integers(0, len(PAIRS) - 1),
        is_purchase=st.booleans(),
        quantity=st.integers(1, 10**24),
        cost=st.integers(1, 10**24),
        minutes=st.integers(0, 5).map(lambda step: step * 60),
        transaction_index=st.one_of(st.none(), st.integers(0, 3)),
        parts=st.integers(1, 3),
        fee_wei=st.one_of(st.none(), st.integers(0, 10**16)),
        base_usd=_prices,
        quote_usd=_prices,
        portfolio_id=st.just("fund"),
        strategy_id=st.none(),
    )
    return st.lists(one, min_size=1, max_size=max_size).map(_numbered)


def _numbered(made: list[Trade]) -> list[Trade]:
    return [trade._replace(number=number) for number, trade in enumerate(made, 1)]


def all_fills(made: list[Trade]) -> Iterator[Event[StepFilled]]:
    """Return the fills of all trades."""
    return (fill for trade in made for fill in trade.fills())


def in_ledger(events: list[AnyEvent]) -> list[tuple[AnyEvent, int]]:
    """Return events with the place that recording them in this order gives."""
    return [(event, place) for place, event in enumerate(events, 1)]
