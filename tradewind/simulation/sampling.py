"""Decides some trades of a run again, by the cores that the roles call, in Python."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import Outcome
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.manifests import manifest_sha256
from tradewind.simulation.markets.modelled import ticks_of_read
from tradewind.simulation.markets.pools import snapshot_of
from tradewind.simulation.records import PoolRead, TradeRecord
from tradewind.simulation.trading.behaviour import Behaviour
from tradewind.trading.cores.costs import Costs
from tradewind.trading.cores.fill import Filled, Sale, fill
from tradewind.trading.cores.plan_swap import NoSwap, PlannedSwap, SwapTerms, plan_swap
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import PreparedPool

ONE: Final = Decimal(1)
GUARD: Final = "sampled_trades"
NO_SHAPES: Final[Mapping[str, PoolObserved]] = {}


class Again(NamedTuple):
    """A trade, decided again."""

    planned: PlannedSwap
    filled: Filled
    costs: Costs


def guard_text(manifest: Manifest, checked: int) -> str:
    """Return what came of the guard."""
    if manifest.run.record == "summary":
        return "not made: only the summary is recorded"
    if checked == 0:
        return "not made: no trade of the sample was executed on pools that are known"
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
        if record.outcome is Outcome.REFUSED or not _is_known(record, shapes):
            continue
        planned, filled, _ = again(manifest, record, behaviour, shapes)
        amount_out = 0 if filled.revert else filled.amount_out
        found = (planned.amount_in, planned.min_out, amount_out)
        kept = (record.amount_in, record.min_out, record.amount_out)
        if found != kept:
            detail = f"in, least and out are {found} when decided again, the run says {kept}"
            at = f"trade {record.number}"
            raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail[:300], at)
        checked += 1
    return checked


def again(
    manifest: Manifest,
    record: TradeRecord,
    behaviour: Behaviour,
    shapes: Mapping[str, PoolObserved] = NO_SHAPES,
) -> Again:
    """Return what planner and venue make of what a trade's decision read.

    SimulationFailed where they plan nothing; ShapeMissing names a shape that is not given.
    """
    base, quote = record.pair.base, record.pair.quote
    is_acquire = record.side == "acquire"
    costs = costs_of(record)
    slippage = manifest.run.execution.max_slippage if record.slippage is None else record.slippage
    terms = SwapTerms(base, quote, is_acquire, record.amount, slippage)
    direct = prepared_pools(record, record.decision, shapes, record.decided_ms)
    planned = plan_swap(terms, direct, gas_cost=costs.quote_base_units_per_gas)
    if isinstance(planned, NoSwap):
        at = f"trade {record.number}"
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, f"no plan: {planned.reason}", at)
    arrived = direct
    if record.arrival != record.decision:
        arrived = prepared_pools(record, record.arrival, shapes, record.arrived_ms)
    quoted = planned.route.quote
    wanted = [leg.pool for leg in quoted.legs] or [quoted.pool]
    by_address = {one.shape.pool: one for one in arrived}
    pools = [by_address[one] for one in wanted]
    _, move_ppm = behaviour.of(record.number, record.decided_ms)
    sizes = behaviour.sizes(record.number, record.decided_ms)
    filled = fill(Sale.of(terms, planned), pools, price_move_ppm=move_ppm, sizes=sizes)
    return Again(planned, filled, costs)


def costs_of(record: TradeRecord) -> Costs:
    """Return the prices that costs are converted at; quote counts as a dollar."""
    return Costs(record.pair.quote.decimals, ONE, record.native_price, record.gas_price_wei)


def prepared_pools(
    record: TradeRecord,
    reads: Sequence[PoolRead],
    shapes: Mapping[str, PoolObserved],
    moment_ms: int,
) -> list[PreparedPool]:
    """Return pools of what was read, in the form that the cores take."""
    router = PythonRouter()
    return [
        router.prepare(snapshot_of(one, ticks_of_read(one, shapes), record.pair, moment_ms))
        for one in reads
    ]


def _is_known(record: TradeRecord, shapes: Mapping[str, PoolObserved]) -> bool:
    """Return whether the ticks of all pools are given."""
    named = (one.shape.partition("@")[0] for one in record.decision if one.shape)
    return all(one in shapes for one in named)
