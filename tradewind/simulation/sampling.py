"""Decides some trades of a run again, by the functions that the roles call, in Python."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import Outcome
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.contracts.precision import PRICE
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.loop.moments import gas_of_price
from tradewind.simulation.manifests import manifest_sha256
from tradewind.simulation.markets.modelled import ticks_of_read
from tradewind.simulation.markets.pools import snapshot_of
from tradewind.simulation.records import PoolRead, TradeRecord
from tradewind.simulation.trading.behaviour import PPM, Behaviour
from tradewind.trading.pricing.routes.route_choice import (
    AnyRoute,
    choose_exact_in,
    choose_exact_out,
)
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import PreparedPool, Swap

GUARD: Final = "sampled_trades"
NO_SHAPES: Final[Mapping[str, PoolObserved]] = {}


def guard_text(manifest: Manifest, checked: int) -> str:
    """Return what came of the guard."""
    if manifest.run.record == "summary":
        return "not made: only the summary is recorded"
    return f"passed: {checked} trades, decided again in Python, are equal to the wei"


def decide_again(
    manifest: Manifest,
    records: Sequence[TradeRecord],
    shapes: Mapping[str, PoolObserved] = NO_SHAPES,
) -> int:
    """Return how many trades were decided again; SimulationFailed names one that differs.

    Trades that were refused are not, nor those whose shapes are not given.
    """
    run = manifest.run
    behaviour = Behaviour(manifest_sha256(manifest), run.seed, run.execution)
    checked = 0
    for record in records:
        known = all(
            not one.shape or one.shape.partition("@")[0] in shapes for one in record.decision
        )
        if record.outcome is Outcome.REFUSED or not known:
            continue
        found = _again(record, behaviour, shapes)
        kept = (record.amount_in, record.amount_out, record.outcome)
        if found != kept:
            detail = f"decided again it is {found}, the run says {kept}"
            raise SimulationFailed(
                BacktestFailure.DATA_CHANGED, detail[:300], f"trade {record.number}"
            )
        checked += 1
    return checked


def _again(
    record: TradeRecord, behaviour: Behaviour, shapes: Mapping[str, PoolObserved]
) -> tuple[int, int, Outcome]:
    route = route_of(record, shapes)
    pools = _prepared(record, record.arrival, shapes, record.arrived_ms)
    is_acquire = record.side == "acquire"
    token_in = record.pair.quote if is_acquire else record.pair.base
    legs = route.quote.legs if route.quote.path == "split" else ()
    sales = [(leg.pool, leg.amount_in) for leg in legs] or [(route.quote.pool, route.amount_in)]
    total, is_filled = 0, True
    for address, amount in sales:
        pool = next(one for one in pools if one.snapshot.pool == address)
        zero_for_one = token_in.address == pool.snapshot.token0.address
        result = pool.quote(Swap(zero_for_one, amount))
        total, is_filled = total + result.amount_out, is_filled and result.filled
    _, move_ppm = behaviour.of(record.number, record.decided_ms)
    total = total * (PPM + move_ppm) // PPM
    if not is_filled or total < record.min_out:
        return route.amount_in, 0, Outcome.REVERTED
    return route.amount_in, total, Outcome.FILLED


def route_of(record: TradeRecord, shapes: Mapping[str, PoolObserved] = NO_SHAPES) -> AnyRoute:
    """Return the route that the planner chooses on what a trade's decision read.

    SimulationFailed where it finds none.
    """
    base, quote = record.pair
    direct = _prepared(record, record.decision, shapes, record.decided_ms)
    gas = gas_of_price(record.native_price, record.gas_price_wei, quote.decimals)
    cost = PRICE.divide(Decimal(gas.numerator), Decimal(gas.denominator))
    if record.side == "acquire":
        route = choose_exact_out(direct, (), (quote, base), record.amount, cost)
    else:
        route = choose_exact_in(direct, (), (base, quote), record.amount, cost)
    if route is None:
        raise SimulationFailed(
            BacktestFailure.DATA_CHANGED, "no pool can trade it", f"trade {record.number}"
        )
    return route


def _prepared(
    record: TradeRecord,
    reads: Sequence[PoolRead],
    shapes: Mapping[str, PoolObserved],
    moment_ms: int,
) -> list[PreparedPool]:
    router = PythonRouter()
    return [
        router.prepare(snapshot_of(one, ticks_of_read(one, shapes), record.pair, moment_ms))
        for one in reads
    ]
