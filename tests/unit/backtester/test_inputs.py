"""What a run reads beside one file of candles: several files, events of pools, recorded flows."""

import json
from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actors.backtester.recorded import digest_of, recorded_frames
from actors.slice_process.inputs import count_steps, load_inputs
from actors.slice_process.recorded import Recorded, recorded_of
from tests.support.backtests import kept_candles, kept_pool_events
from tests.support.factories import submitted
from tests.unit.datasets.workshop import Workshop
from tests.unit.simulation.factories import TOKENS, WBTC, WETH, Ran
from tradewind.contracts.backtests.model import Manifest, Run, SignalFile
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import Exactness
from tradewind.contracts.inputs import content_id, content_of, day_of
from tradewind.contracts.instruments.payloads import MarketObserved, PoolObserved
from tradewind.contracts.instruments.pools import ObservedPool, PoolSnapshot
from tradewind.datasets.errors import DatasetDamaged
from tradewind.simulation.engine import ENGINE
from tradewind.simulation.errors import ShapeMissing, SimulationFailed
from tradewind.simulation.histories import events_of
from tradewind.simulation.manifests import tokens_sha256
from tradewind.trading.backtests.records import FlowEvent, WantedFlows
from tradewind.trading.pricing.pools.simulated_pools import SimulatedPools

HOLD = {"name": "buy_and_hold"}
NOTHING = Recorded()
BLOCK = 880_000_000
COUNT = 12


def test_instruments_of_several_files_run_together(tmp_path: Path) -> None:
    first = kept_candles(tmp_path, 300, HOLD)
    other = kept_candles(tmp_path, 200, HOLD, instrument=WBTC)
    run, more = first.manifest.run, other.manifest.run
    data = run.data.model_copy(update={"more": {WBTC: more.data.dataset}})  # type: ignore[union-attr]
    both = first.manifest.model_copy(
        update={
            "run": run.model_copy(update={"instruments": (WETH, WBTC), "data": data}),
            "more_sha256": {more.data.dataset: other.manifest.dataset_sha256},  # type: ignore[union-attr]
        }
    )
    both = Manifest.model_validate_json(both.model_dump_json(by_alias=True))
    made = Ran(both, load_inputs(both, tmp_path, None, NOTHING))
    assert {one.pair.instrument for one in made.trades} == {WETH, WBTC}
    assert count_steps(both.run, tmp_path, TOKENS) == 300
    changed = both.model_copy(update={"more_sha256": {more.data.dataset: "0" * 64}})  # type: ignore[union-attr]
    with pytest.raises(DatasetDamaged, match="SHA-256"):
        load_inputs(changed, tmp_path, None, NOTHING)


def test_limit_prices_of_a_file_of_signals_are_read(tmp_path: Path) -> None:
    manifest = kept_candles(tmp_path / "datasets", 60, HOLD).manifest
    workshop = Workshop(tmp_path)
    told = f"time,instrument,side,limit_price\n2026-01-01T00:05:00Z,{WETH},acquire,2000.5\n"
    signals = workshop.file("signals.csv", f"{told}2026-01-01T00:09:00Z,{WETH},close,\n")
    made = workshop.make(signals)
    strategy = SignalFile(dataset=made.dataset_id)
    run = manifest.run.model_copy(update={"strategy": strategy})
    manifest = manifest.model_copy(update={"run": run})
    inputs = load_inputs(manifest, workshop.folder, None, NOTHING)
    assert inputs.signals[WETH].limit_prices == [Decimal("2000.5"), None]
    assert [one.reason for one in Ran(manifest, inputs).trades] == ["LIMIT_PRICE"]


def test_pool_events_are_run_bar_by_bar(tmp_path: Path) -> None:
    kept = kept_pool_events(tmp_path, hours=3)
    made = Ran(kept.manifest, load_inputs(kept.manifest, tmp_path, None, NOTHING))
    assert made.results.exactness is Exactness.EXACT
    assert made.results.metrics.bars == 180
    [trade] = made.trades
    assert trade.decision[0].liquidity == kept.liquidity
    assert trade.amount_out > 0
    with pytest.raises(ShapeMissing):
        events_of("0" * 26, kept.manifest, trade)
    early = kept.manifest.run.model_copy(
        update={"from_": kept.manifest.run.from_ - timedelta(hours=1)}
    )
    assert count_steps(early, tmp_path, TOKENS) == 180, "there is no candle before the pool"


class Rows:
    """A ledger of some flows, each decided on the market of a block and met by that of the next."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.events: list[FlowEvent] = []
        simulated = SimulatedPools(7, TOKENS, "ethereum", 2_000)
        for number in range(COUNT):
            markets = [self._market(simulated.snapshots(BLOCK + 60 * number + n)) for n in (0, 1)]
            side = "dispose" if number % 3 == 2 else "acquire"
            root = submitted(number, intent_type=side, amount=Decimal("0.1") * (1 + number % 3))
            self._tell(root.topic, root, json.loads(root.payload.model_dump_json()))
            if number:
                self._tell("risk.screened", root, {"inputs": {"market": None}})
                self._tell("plan.created", root, {"inputs": {"market": markets[0]}})
                terms = {"latency_ms": 2_000, "gas_price_wei": "5"}
                inputs = {"market": markets[1], "settings": terms}
                self._tell("exec.step_submitted", root, {"inputs": inputs})

    def _tell(self, topic: str, root: Any, payload: dict[str, Any]) -> None:
        name = f"{topic}/{root.correlation_id}"
        moment = root.timestamp + timedelta(minutes=len(self.events))
        self.events.append(FlowEvent(topic, root.correlation_id, name, moment, json.dumps(payload)))

    def _keep(self, payload: Any) -> str:
        name = content_id(content_of(payload))
        self.kept[name] = payload.model_dump_json()
        return name

    def _market(self, snapshots: list[PoolSnapshot]) -> str:
        pools = []
        for one in snapshots:
            names = set(PoolObserved.model_fields) - {"day"}
            fields = {name: getattr(one, name) for name in names}
            shape = self._keep(PoolObserved(day=day_of(one.block_time), **fields))
            names = set(ObservedPool.model_fields) - {"shape", "past_tick"}
            state = {name: getattr(one, name) for name in names}
            pools.append(ObservedPool(shape=shape, **state))
        day = day_of(snapshots[0].block_time)
        return self._keep(MarketObserved(day=day, tokens="0" * 64, pools=tuple(pools), heads=()))

    async def flow_events(self, wanted: WantedFlows) -> list[FlowEvent]:
        return self.events

    async def observations(self, identifiers: Collection[str]) -> dict[str, str]:
        return {name: self.kept[name] for name in identifiers if name in self.kept}


def recorded_manifest(rows: Rows) -> Manifest:
    fields: dict[str, Any] = {
        "strategy": {"kind": "recorded"},
        "instruments": (WETH,),
        "from": rows.events[0].time,
        "to": rows.events[-1].time + timedelta(days=1),
        "data": {"kind": "recorded"},
        "portfolio": {"USDC": "50000", "WETH": "3"},
    }
    run = Run(**fields)
    return Manifest(
        run=run,
        engine=ENGINE,
        package="0.1.0",
        dataset_sha256=digest_of(rows.events),
        tokens_sha256=tokens_sha256(TOKENS),
        bars_total=COUNT,
    )


async def test_recorded_flows_are_run_on_the_markets_they_met() -> None:
    rows = Rows()
    manifest = recorded_manifest(rows)
    frames = await recorded_frames(rows, manifest)
    read = recorded_of(frames)
    made = Ran(manifest, load_inputs(manifest, Path(), None, read))
    assert made.results.exactness is Exactness.RECORDED
    assert made.results.metrics.refused == {"PRICE_UNAVAILABLE": 1}, "one was never decided on"
    assert len(made.trades) == COUNT - 1
    first = made.trades[0]
    assert first.arrived_ms - first.decided_ms == 62_000
    assert first.gas_price_wei == 5
    assert {one.sqrt_price_x96 for one in first.decision} != {
        one.sqrt_price_x96 for one in first.arrival
    }
    named = {one.shape.partition("@")[0] for trade in made.trades for one in trade.decision}
    assert named <= set(read.shapes), "pools keep the names under which they are recorded"
    changed = manifest.model_copy(update={"dataset_sha256": "0" * 64})
    with pytest.raises(SimulationFailed, match="since the run was asked for") as failed:
        await recorded_frames(rows, changed)
    assert failed.value.reason is BacktestFailure.DATA_CHANGED


async def test_shapes_are_read_of_the_ledger(tmp_path: Path) -> None:
    rows = Rows()
    shape = next(
        name
        for name, payload in rows.kept.items()
        if '"ticks"' in payload
        and {json.loads(payload)[one]["symbol"] for one in ("token0", "token1")} == {"WETH", "USDC"}
    )
    market = {"kind": "shape", "shapes": (shape,)}
    manifest = kept_candles(tmp_path, 300, HOLD, market=market).manifest
    read = recorded_of(await recorded_frames(rows, manifest))
    made = Ran(manifest, load_inputs(manifest, tmp_path, None, read))
    assert made.trades[0].decision[0].shape.startswith(f"{shape}@")
    with pytest.raises(SimulationFailed, match=shape):
        load_inputs(manifest, tmp_path, None, NOTHING)
