"""Reads what a run needs of the ledger: the platform's own flows, their markets, pools' ticks."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from pydantic import TypeAdapter, ValidationError

from actors.slice_process.frames import Frame
from actors.slice_process.recorded import FlowDocument, Recorded
from tradewind.contracts.amounts import to_base_units
from tradewind.contracts.backtests.model import Manifest, RecordedData, Run, ShapedMarket
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.execution.payloads import StepSubmitted
from tradewind.contracts.instruments.payloads import MarketObserved, PoolObserved
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.simulation.errors import SimulationFailed
from tradewind.trading.backtests.records import FlowEvent, WantedFlows, wanted_flows
from tradewind.trading.marketdata.intervals import to_milliseconds
from tradewind.trading.tokens import NATIVE_SYMBOL

DECIDERS: Final = (
    PlanCreated.topic,
    PlanRejected.topic,
    RiskScreened.topic,
    RiskRejected.topic,
)
"""Whose market a flow is decided on again: the planner's, else that of risk."""
_INTENT: Final = TypeAdapter(IntentSubmitted)


class LedgerRows(Protocol):
    """Reads flows and observations of the ledger; DecisionUnavailable while it cannot."""

    async def flow_events(self, wanted: WantedFlows) -> list[FlowEvent]: ...

    async def observations(self, identifiers: Sequence[str]) -> dict[str, str]: ...


class Flow(NamedTuple):
    """A flow as events tell it."""

    order: int
    document: FlowDocument


async def recorded_frames(rows: LedgerRows, manifest: Manifest) -> tuple[Frame, ...]:
    """Return what a run reads of the ledger; SimulationFailed where that is not the manifest's."""
    run = manifest.run
    if isinstance(run.market, ShapedMarket):
        shapes = await _shapes(rows, run.market.shapes)
        return tuple(Recorded(shapes=shapes).frames())
    if not isinstance(run.data, RecordedData):
        return ()
    events = await rows.flow_events(wanted_flows(run))
    if digest_of(events) != manifest.dataset_sha256:
        detail = "data: more was decided on the flows of the period since the run was asked for"
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail)
    flows = flows_of(events)
    return tuple((await _with_markets(rows, run, flows)).frames())


def digest_of(events: Iterable[FlowEvent]) -> str:
    """Return the hash that the manifest of a run has of what was decided on its flows."""
    return hashlib.sha256(",".join(one.event_id for one in events).encode()).hexdigest()


def flows_of(events: Sequence[FlowEvent]) -> list[FlowDocument]:
    """Return the flows in the order in which they were decided."""
    histories: dict[str, dict[str, FlowEvent]] = {}
    for event in events:
        histories.setdefault(event.correlation_id, {}).setdefault(event.topic, event)
    found = [
        Flow(order, _flow_of(history))
        for order, history in enumerate(histories.values())
        if IntentSubmitted.topic in history
    ]
    found.sort(key=lambda one: (one.document.decided_ms, one.order))
    return [one.document for one in found]


def _flow_of(history: Mapping[str, FlowEvent]) -> FlowDocument:
    submitted = history[IntentSubmitted.topic]
    intent = _INTENT.validate_json(submitted.payload).intent
    decided = next((history[one] for one in DECIDERS if one in history), submitted)
    placed = history.get(StepSubmitted.topic)
    arrival = {} if placed is None else _inputs(placed)
    terms = arrival.get("settings") or {}
    decided_ms = to_milliseconds(decided.time)
    placed_ms = decided_ms if placed is None else max(to_milliseconds(placed.time), decided_ms)
    return FlowDocument(
        decided_ms=decided_ms,
        instrument=intent.instrument,
        side="acquire" if intent.intent_type == "acquire" else "dispose",
        amount=to_base_units(intent.amount, intent.base.decimals),
        max_slippage=intent.constraints.max_slippage,
        decision=_inputs(decided).get("market"),
        arrival=arrival.get("market"),
        arrived_ms=placed_ms + int(terms.get("latency_ms", 0)),
        gas_price_wei=int(terms["gas_price_wei"]) if "gas_price_wei" in terms else None,
        correlation_id=submitted.correlation_id,
    )


def _inputs(event: FlowEvent) -> dict[str, Any]:
    found: dict[str, Any] | None = json.loads(event.payload).get("inputs")
    return found or {}


async def _with_markets(rows: LedgerRows, run: Run, flows: list[FlowDocument]) -> Recorded:
    """Return flows and of their markets the pools that a run of its instruments can use."""
    wanted = {name for one in flows for name in (one.decision, one.arrival) if name is not None}
    observed = {
        name: MarketObserved.model_validate_json(payload)
        for name, payload in (await rows.observations(sorted(wanted))).items()
    }
    shapes = await _shapes(
        rows, {pool.shape for market in observed.values() for pool in market.pools}
    )
    symbols = {one for name in run.instruments for one in name.split("-")[1:]} | {NATIVE_SYMBOL}
    usable = {
        name
        for name, shape in shapes.items()
        if {shape.token0.symbol, shape.token1.symbol} <= symbols
    }
    markets = {
        name: tuple(pool for pool in market.pools if pool.shape in usable)
        for name, market in observed.items()
    }
    return Recorded({name: shapes[name] for name in sorted(usable)}, markets, flows)


async def _shapes(rows: LedgerRows, identifiers: Iterable[str]) -> dict[str, PoolObserved]:
    """Return recorded pools by content id, without what is none."""
    found = {}
    for name, payload in (await rows.observations(sorted(identifiers))).items():
        try:
            found[name] = PoolObserved.model_validate_json(payload)
        except ValidationError:
            continue
    return found
