"""Hypothesis strategies for valid payloads, derived from their models."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.support.backtest_strategies import runs
from tests.support.derived import Known, derive_field, derive_model
from tests.support.identities import addresses as addresses
from tests.support.identities import ulids as ulids
from tests.support.market_strategies import candle_series, marks, signals
from tradewind.contracts.backtests.model import Run
from tradewind.contracts.envelope import AnyEvent, first_event, next_events
from tradewind.contracts.execution.payloads import (
    ExecutionFailed,
    SettledApproval,
    TransactionCost,
)
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.instruments.assets import Asset, RegisteredToken, instrument_key
from tradewind.contracts.instruments.payloads import (
    InstrumentRegistered,
    InstrumentUpdated,
    TokensObserved,
)
from tradewind.contracts.instruments.pools import (
    MAX_TICK,
    MIN_TICK,
    ChainHead,
    ObservedPool,
    TickLiquidity,
)
from tradewind.contracts.instruments.registry import Instrument, InstrumentTerms
from tradewind.contracts.intents.model import Intent, IntentConstraints, SuccessCriterion
from tradewind.contracts.intents.payloads import IntentCancelled
from tradewind.contracts.market.model import CandleSeries
from tradewind.contracts.market.payloads import CandlesObserved, PerpObserved
from tradewind.contracts.payload import Payload
from tradewind.contracts.plans.model import ExecutionPlan, ExecutionStep, RouteLeg, RouteQuote
from tradewind.contracts.plans.payloads import PlanRejected
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.risk.payloads import RiskApprovalAnswered, RiskRejected
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.signals.model import Signal
from tradewind.contracts.signals.payloads import SignalMarked
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.payloads import TradingStateChanged
from tradewind.contracts.system.risk_limits import RiskLimitsApplied, RiskLimitsDefined
from tradewind.contracts.system.trading_states import Scope

tx_hashes = st.binary(min_size=32, max_size=32).map(lambda raw: f"0x{raw.hex()}")
base_units = st.integers(0, 2**256 - 1)
decimals = st.decimals(0, Decimal(10) ** 20, places=6)
positive_decimals = st.decimals(Decimal("0.000001"), Decimal(10) ** 12, places=6)
timestamps = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
details = st.text(max_size=80)
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)


def _wire(model: Any, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


def _int128(units: int) -> str:
    return str(units % 2**127)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Asset, Asset]:
    base, quote = draw(st.lists(addresses, min_size=2, max_size=2, unique=True))
    return (
        Asset(symbol="AAA", chain="ethereum", address=base, decimals=draw(st.integers(6, 18))),
        Asset(symbol="BBB", chain="ethereum", address=quote, decimals=draw(st.integers(0, 18))),
    )


criteria = st.builds(
    SuccessCriterion,
    metric=st.sampled_from(["amount_out", "price", "duration_seconds"]),
    comparison=st.sampled_from(["at_least", "at_most"]),
    threshold=positive_decimals,
)
intents = st.builds(
    Intent,
    strategy_id=names,
    portfolio_id=st.none() | names,
    intent_type=st.sampled_from(["acquire", "dispose"]),
    assets=pairs(),
    amount=positive_decimals,
    constraints=st.builds(
        IntentConstraints,
        max_slippage=st.decimals(0, 1, places=4),
        time_window=st.integers(1, 86_400),
        execution_style=st.sampled_from(["passive", "balanced", "aggressive"]),
    ),
    success_criteria=st.lists(criteria, max_size=3).map(tuple),
)
legs = st.builds(
    RouteLeg,
    pool=addresses,
    fee_pips=st.integers(0, 1_000_000),
    token_in=addresses,
    token_out=addresses,
    amount_in=base_units,
    amount_out=base_units,
    ticks_crossed=st.integers(0, 100),
    sqrt_price_x96_after=base_units,
)
paths = st.one_of(
    st.just({"path": "direct", "legs": ()}),
    st.fixed_dictionaries(
        {
            "path": st.sampled_from(["two_hop", "split"]),
            "legs": st.lists(legs, min_size=2, max_size=3).map(tuple),
        }
    ),
)


@st.composite
def routes(draw: st.DrawFn) -> RouteQuote:
    return RouteQuote(
        pool=draw(addresses),
        fee_pips=draw(st.integers(0, 1_000_000)),
        amount_in=draw(base_units),
        amount_out=draw(base_units),
        ticks_crossed=draw(st.integers(0, 100)),
        gas_estimate=draw(st.integers(0, 10_000_000)),
        block_number=draw(st.integers(0, 10**9)),
        sqrt_price_x96_after=draw(base_units),
        **draw(paths),
    )


@st.composite
def steps(draw: st.DrawFn) -> ExecutionStep:
    base, quote = draw(pairs())
    return ExecutionStep(
        venue=draw(st.sampled_from(["uniswap_v3", "simulated"])),
        base=base,
        quote=quote,
        token_in=quote.address,
        token_out=base.address,
        amount_in=draw(base_units),
        min_out=draw(base_units),
        route=draw(routes()),
    )


plans = st.builds(
    ExecutionPlan,
    id=ulids,
    intent_id=ulids,
    steps=steps().map(lambda step: (step,)),
    estimated_cost=decimals,
    estimated_duration_ms=st.integers(0, 10**6),
    risk_score=st.decimals(0, 1, places=4),
)

content_ids = st.binary(min_size=32, max_size=32).map(bytes.hex)
ticks = st.lists(
    _wire(
        TickLiquidity, index=st.integers(MIN_TICK, MAX_TICK), liquidity_net=base_units.map(_int128)
    ),
    max_size=3,
).map(tuple)
observed_pools = _wire(
    ObservedPool,
    shape=content_ids,
    sqrt_price_x96=base_units,
    tick=st.integers(MIN_TICK, MAX_TICK),
    liquidity=base_units,
    block_number=st.integers(0, 10**9),
    block_time=timestamps,
    past_tick=st.none() | st.integers(MIN_TICK, MAX_TICK),
)
heads = _wire(
    ChainHead,
    chain=st.just("ethereum"),
    chain_id=st.integers(1, 10**6),
    block_number=st.integers(0, 10**9),
    block_hash=tx_hashes,
    block_time=timestamps,
    base_fee_per_gas_wei=base_units,
    priority_fee_per_gas_wei=base_units,
)
assets = pairs().map(lambda pair: pair[0])
registered = st.builds(
    lambda asset, pegged: RegisteredToken(**asset.model_dump(), usd_pegged=pegged),
    assets,
    st.booleans(),
)

costs: dict[str, st.SearchStrategy[Any]] = {
    "gas_used": st.none() | st.integers(0, 10**7),
    "effective_gas_price_wei": st.none() | base_units,
    "fee_wei": st.none() | base_units,
    "block_time": st.none() | timestamps,
    "transaction_index": st.none() | st.integers(0, 1_000),
}
approvals = _wire(
    SettledApproval,
    tx_hash=tx_hashes,
    token=addresses,
    spender=addresses,
    amount=base_units,
    succeeded=st.booleans(),
    block_number=st.integers(0, 10**9),
    **costs,
)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "intent_id": ulids,
    "plan_id": ulids,
    "intent": intents,
    "plan": plans,
    "steps": steps().map(lambda step: (step,)),
    "step": steps(),
    "tx_hash": tx_hashes,
    "block_hash": tx_hashes,
    "wallet": addresses,
    "strategy_id": names,
    "detail": details,
    "note": details,
    "requested_by": names,
    "dead_letter_id": names,
    "final": st.booleans(),
    "max_amount_in": st.none() | base_units,
    "min_amount_out": st.none() | base_units,
    "priority": st.integers(1, 5),
    "proof": st.sampled_from(["not_submitted", "reverted", "cancelled", "nonce_taken"]),
    "venue": st.sampled_from(["uniswap_v3", "simulated"]),
    "expires_at": timestamps,
    "confirm_by": timestamps,
    "day": timestamps,
    "chain": st.just("ethereum"),
    "pool": addresses,
    "token0": assets,
    "token1": assets,
    "ticks": ticks,
    "pools": st.lists(observed_pools, max_size=2).map(tuple),
    "heads": st.lists(heads, max_size=1).map(tuple),
    "approvals": st.none() | st.lists(approvals, min_size=1, max_size=2).map(tuple),
}
_AMOUNTS = {"amount_in", "amount_out", "cumulative_amount_in", "cumulative_amount_out"}
_CANCELLED: dict[str, st.SearchStrategy[Any]] = {
    "cancellation_id": st.none() | ulids,
    "proof": st.none() | st.just("cancelled"),
    "detail": st.none() | details,
}
_REASONS: dict[type[Payload], st.SearchStrategy[Any]] = {
    RiskRejected: st.sampled_from(RiskRejectionReason),
    PlanRejected: st.sampled_from(PlanRejectionReason),
    ExecutionFailed: st.sampled_from(ExecutionFailureReason),
}


_DERIVED = ("portfolio", "wallet", "signal", "decision", "backtest")
_DERIVED_TOO = (
    CandlesObserved,
    PerpObserved,
    InstrumentRegistered,
    InstrumentUpdated,
    RiskApprovalAnswered,
    RiskLimitsApplied,
    RiskLimitsDefined,
    TradingStateChanged,
)
scopes = st.sampled_from(
    [
        "everything",
        "account:fund",
        "portfolio:fund",
        "strategy:alpha",
        "instrument:ethereum-AAA-BBB",
        "venue:simulated",
        "chain:ethereum",
        "lock:fund:ethereum-AAA-BBB",
    ]
).map(Scope.parse)
_KNOWN: Known = {
    Asset: assets,
    Intent: intents,
    Scope: scopes,
    Signal: signals(),
    CandleSeries: candle_series(),
    Run: runs(),
}


_terms = derive_model(InstrumentTerms, _KNOWN)


@st.composite
def _instruments(draw: st.DrawFn) -> Instrument:
    base, quote = draw(pairs())
    terms = draw(_terms)
    names: dict[str, Any] = {"key": instrument_key(base, quote), "base": base, "quote": quote}
    return Instrument(**{**dict(terms), **names}, aliases=("AAA.BBB",))


@cache
def payloads_of(model: type[Payload]) -> st.SearchStrategy[Payload]:
    """Return a strategy for valid payloads of one topic, the same one for every example.

    Hypothesis checks each new strategy in full, which costs more than the example it draws. Those
    of the flow of an intent are made of fields that fit together, the others field by field.
    """
    if model is SignalMarked:
        return marks()
    if model.topic.partition(".")[0] in _DERIVED or model in _DERIVED_TOO:
        return derive_model(model, {**_KNOWN, Instrument: _instruments()})
    fields = {name: _field(model, name) for name in model.model_fields}
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


def _field(model: type[Payload], name: str) -> st.SearchStrategy[Any]:
    if name == "reason":
        return _REASONS[model]
    if name == "strategy_id" and not model.model_fields[name].is_required():
        return st.none() | names
    if model is IntentCancelled and name in _CANCELLED:
        return _CANCELLED[name]
    if name == "tokens":
        is_registry = model is TokensObserved
        return st.lists(registered, max_size=2).map(tuple) if is_registry else content_ids
    if name in _AMOUNTS:
        return base_units
    if issubclass(model, TransactionCost) and name in costs:
        return costs[name]
    if name in _FIELDS:
        return _FIELDS[name]
    return derive_field(model.model_fields[name], _KNOWN)


@st.composite
def events(draw: st.DrawFn, model: type[Payload]) -> AnyEvent:
    """Return a strategy for whole events of one topic, somewhere in a history."""
    at, payload = draw(timestamps), draw(payloads_of(model))
    root = first_event(
        payload,
        correlation_id=make_correlation_id(CorrelationKind.INTENT, draw(ulids)),
        key=EventKey(instrument="ethereum-AAA-BBB", portfolio=draw(names)),
        producer="test",
        at=at,
    )
    return draw(st.sampled_from([root, *next_events(root, [payload], producer="test", at=at)]))
