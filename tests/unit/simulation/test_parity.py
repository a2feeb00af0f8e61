"""What the engine does is what the roles do: to the wei, and payload by payload."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.orchestrator import decide as orchestrator
from actors.planner import decide as planner
from actors.planner.quoting import MarketReading
from actors.risk import decide as risk
from actors.risk.screening import Prices
from tests.support.recorded import MemorySource, run_again
from tests.unit.simulation.factories import TOKENS, ran, random_candles
from tradewind.contracts.backtests.model import ConstantMarket
from tradewind.contracts.backtests.results import Outcome
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.simulation.finish import results_of
from tradewind.simulation.histories import events_of
from tradewind.simulation.loop.moments import gas_of_price
from tradewind.simulation.markets.modelled import ConstantPools
from tradewind.simulation.markets.pools import maker, prepared
from tradewind.simulation.records import Pair, TradeRecord
from tradewind.simulation.sampling import decide_again, prepared_pools
from tradewind.simulation.told.risk import limits_of, price_of
from tradewind.simulation.trading.plan import best_exact_in, best_exact_out
from tradewind.trading.cores.costs import Costs
from tradewind.trading.cores.plan_swap import PlannedSwap, SwapTerms, plan_swap
from tradewind.trading.pricing.pools.price_quote import PriceQuote
from tradewind.trading.pricing.swap.python_router import PythonRouter

CANDLES = random_candles(45_000, seed=11, step=0.002)
RUN_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
MADE = ran(CANDLES, execution={"gas_price_wei": "100000000"})


def test_two_thousand_trades_are_equal_to_the_wei_when_decided_again() -> None:
    records = MADE.trades[:2_000]

    assert len(records) == 2_000
    assert decide_again(MADE.manifest, records) == 2_000
    assert results_of(MADE.manifest, MADE.state, MADE.equity, records[:1]).guards


def _pair(symbol: str) -> Pair:
    base, quote = TOKENS.by_symbol("ethereum", symbol), TOKENS.by_symbol("ethereum", "USDC")
    assert base is not None
    assert quote is not None
    return Pair(base.asset, quote.asset)


@settings(max_examples=60, deadline=None)
@given(
    symbol=st.sampled_from(["WETH", "WBTC", "LINK"]),
    fees=st.lists(st.sampled_from([100, 500, 3_000, 10_000, 2_500]), min_size=1, max_size=4),
    depths=st.lists(st.integers(1_000, 10**8), min_size=4, max_size=4),
    price=st.integers(100, 10**8),
    share=st.integers(1, 10**6),
    gas_wei=st.sampled_from([0, 10**8, 50 * 10**9]),
    is_acquire=st.booleans(),
)
def test_the_pool_that_is_chosen_is_the_planners(
    symbol: str,
    fees: list[int],
    depths: list[int],
    price: int,
    share: int,
    gas_wei: int,
    is_acquire: bool,
) -> None:
    pair = _pair(symbol)
    pools = [
        {"fee_pips": fee, "depth_usd": str(depth)} for fee, depth in zip(fees, depths, strict=False)
    ]
    model = ConstantPools(
        pair,
        ConstantMarket.model_validate({"kind": "constant", "pools": tuple(pools)}),
        maker(pair, rust_engine_enabled=True),
    )
    made = model.at(price, 2)
    worth = depths[0] * 10**8 * share // 10**6
    amount = max(worth * 10**pair.base.decimals // (price * 10**6), 1)
    gas = gas_of_price((3_000, 0), gas_wei, pair.quote.decimals)
    choose: Any = best_exact_out if is_acquire else best_exact_in
    zero_for_one = pair.is_base_token0 != is_acquire
    found = choose(made, zero_for_one=zero_for_one, amount=amount, gas=gas)

    costs = Costs(pair.quote.decimals, Decimal(1), Decimal(3_000), gas_wei)
    terms = SwapTerms(pair.base, pair.quote, is_acquire, amount, Decimal("0.01"))
    direct = prepared(made, pair, 0, PythonRouter())
    planned = plan_swap(terms, direct, gas_cost=costs.quote_base_units_per_gas)
    if not isinstance(planned, PlannedSwap):
        assert found is None or found.amount_in == 0 or found.amount_out == 0
        return
    if planned.route.quote.path != "direct":
        assert found is None or found.is_beaten, "the search for splits is asked"
        return
    assert found is not None
    assert made.reads[found.place].address == planned.route.quote.pool
    assert (found.amount_in, found.amount_out) == (planned.amount_in, planned.route.amount_out)


def test_a_large_order_is_split_as_the_planner_would() -> None:
    market = {
        "kind": "constant",
        "pools": (
            {"fee_pips": 500, "depth_usd": "300000"},
            {"fee_pips": 3_000, "depth_usd": "900000"},
        ),
    }
    run = ran(
        random_candles(2_000, seed=2),
        market=market,
        portfolio={"USDC": "200000"},
        execution={"max_slippage": "0.05"},
    )
    split = [one for one in run.trades if one.pool == -2]

    assert split
    assert decide_again(run.manifest, split) == len(split)
    assert events_of(RUN_ID, run.manifest, split[0])[-1].topic == "exec.completed"


def _roles(record: TradeRecord, told: list[AnyEvent]) -> list[AnyEvent]:
    """Return what risk and planner decide on what a trade's decision read."""
    submitted, accepted = told[0], told[3]
    block_time = submitted.timestamp
    price = PriceQuote(price_of(record), record.decided_ms // 12_000, block_time)
    one = PriceQuote(Decimal(1), record.decided_ms // 12_000, block_time)
    native = PriceQuote(record.native_price, record.decided_ms // 12_000, block_time)
    screened = risk.decide(
        submitted, Prices(price, one), limits_of(MADE.manifest), block_time, None
    )
    pools = prepared_pools(record, record.decision, {}, record.decided_ms)
    reading = MarketReading(pools, (), one, native, record.gas_price_wei)
    limits = told[4].payload.inputs.limits
    return [*screened, *planner.decide(accepted, reading, limits, block_time)]


@pytest.mark.parametrize("number", [1, 2, 501])
def test_the_events_of_a_trade_are_those_of_the_roles(number: int) -> None:
    record = MADE.trades[number - 1]
    told = events_of(RUN_ID, MADE.manifest, record)
    screened, planned = _roles(record, told)

    assert [one.topic for one in told] == [
        "intent.submitted",
        "risk.screened",
        "risk.approved",
        "intent.accepted",
        "plan.created",
        "exec.started",
        "exec.step_submitted",
        "exec.step_filled",
        "exec.completed",
    ]
    ours, theirs = told[1].payload, screened.payload
    assert ours.inputs.limits == theirs.inputs.limits
    without = {"inputs": ours.inputs}
    assert ours == theirs.model_copy(update=without)
    assert told[4].payload == planned.payload
    assert {one.producer for one in told} == {"backtest"}


def test_the_execution_is_told_as_the_orchestrator_tells_it() -> None:
    record = MADE.trades[0]
    *_, planned, started, submitted, filled, completed = events_of(RUN_ID, MADE.manifest, record)
    assert isinstance(filled.payload, StepFilled)
    order = orchestrator.order_of(planned)

    assert order.step == submitted.payload.step
    assert orchestrator.approval_of(planned, planned.sequence) == submitted.payload.approval
    assert submitted.payload.tx_hash == filled.payload.tx_hash
    assert (filled.payload.amount_in, filled.payload.amount_out) == (
        record.amount_in,
        record.amount_out,
    )
    assert completed.payload.amount_out == record.amount_out
    assert started.payload.steps_total == 1


def test_partial_fills_add_up_to_what_the_columns_say() -> None:
    run = ran(
        random_candles(2_000, seed=2),
        execution={"partial_fill_probability": "1", "gas_price_wei": "0"},
    )
    record = run.trades[0]
    told = events_of(RUN_ID, run.manifest, record)
    fills = [one.payload for one in told if one.topic == "exec.step_filled"]

    assert len(fills) > 1
    assert sum(one.amount_out for one in fills) == record.amount_out
    assert [one.final for one in fills] == [False] * (len(fills) - 1) + [True]


@pytest.mark.parametrize(
    ("limits", "topics"),
    [
        ({"max_notional_usd": "500"}, ["intent.submitted", "risk.rejected"]),
        ({"max_position_usd": "500"}, ["intent.submitted", "risk.screened", "risk.rejected"]),
    ],
)
def test_a_refused_order_ends_where_it_is_refused(
    limits: dict[str, str], topics: list[str]
) -> None:
    run = ran(random_candles(500, seed=2), limits=limits)
    record = run.trades[0]

    assert record.outcome is Outcome.REFUSED
    assert [one.topic for one in events_of(RUN_ID, run.manifest, record)] == topics


def test_histories_are_legal_and_the_same_in_every_run() -> None:
    record = MADE.trades[7]
    stored = TradeRecord.from_json(record.to_json())
    told = events_of(RUN_ID, MADE.manifest, record)

    assert told == events_of(RUN_ID, MADE.manifest, stored)
    times = [one.timestamp for one in told]
    assert times == sorted(times)
    assert times[-1] - times[0] < timedelta(minutes=2)
    assert isinstance(told[0].key.portfolio, str)


async def test_no_decision_of_a_back_test_is_decided_again_on_a_market_it_never_had() -> None:
    found = await run_again(MemorySource(events_of(RUN_ID, MADE.manifest, MADE.trades[0])))

    assert found.counts.not_rerunnable.total() == 3
    assert {one.split(",")[0] for one in found.reasons} == {"a back-test decided it"}
