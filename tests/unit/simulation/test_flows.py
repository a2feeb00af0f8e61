"""Recorded intents, decided again on the markets they were recorded with."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.simulation.factories import TOKENS, WETH, Ran
from tradewind.contracts.backtests.model import Manifest, Run
from tradewind.contracts.backtests.results import Exactness, Outcome
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.simulation import slices
from tradewind.simulation.engine import ENGINE
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.histories import events_of
from tradewind.simulation.inputs import RecordedFlow, RunInputs
from tradewind.simulation.manifests import tokens_sha256
from tradewind.simulation.sampling import decide_again
from tradewind.trading.marketdata.intervals import from_milliseconds, to_milliseconds
from tradewind.trading.pricing.pools.simulated_pools import SimulatedPools

BLOCK_MS = 2_000
MARKET = SimulatedPools(7, TOKENS, "ethereum", BLOCK_MS)
FIRST_BLOCK = 880_000_000


def _pools(block: int) -> list[PoolSnapshot]:
    pair = {"WETH", "USDC"}
    return [
        one for one in MARKET.snapshots(block) if {one.token0.symbol, one.token1.symbol} == pair
    ]


def _flows(count: int) -> list[RecordedFlow]:
    found = []
    for place in range(count):
        block = FIRST_BLOCK + 60 * place
        decided_ms = to_milliseconds(_pools(block)[0].block_time)
        side: Any = "dispose" if place % 3 == 2 else "acquire"
        found.append(
            RecordedFlow(
                decided_ms,
                WETH,
                side,
                10**17 * (1 + place % 5),
                Decimal("0.004"),
                _pools(block),
                _pools(block + 1),
                decided_ms + BLOCK_MS,
            )
        )
    return found


FLOWS = _flows(40)


def _ran(flows: list[RecordedFlow], **run: Any) -> Ran:
    fields = {
        "strategy": {"kind": "recorded"},
        "instruments": (WETH,),
        "from": from_milliseconds(flows[0].decided_ms),
        "to": from_milliseconds(flows[-1].decided_ms) + timedelta(hours=1),
        "data": {"kind": "recorded"},
        "portfolio": {"USDC": "20000"},
        **run,
    }
    manifest = Manifest(
        run=Run(**fields),
        engine=ENGINE,
        package="0.1.0",
        tokens_sha256=tokens_sha256(TOKENS),
        bars_total=len(flows),
    )
    return Ran(manifest, RunInputs(tokens=TOKENS, flows=flows))


def test_flows_are_filled_on_the_pools_they_met() -> None:
    run = _ran(FLOWS)
    filled = [one for one in run.trades if one.outcome is Outcome.FILLED]

    assert len(filled) > 30
    assert run.results.exactness is Exactness.RECORDED
    assert run.results.metrics.end_equity > 19_000
    assert run.results.metrics.start_equity == 20_000


def test_flows_are_equal_when_decided_again() -> None:
    run = _ran(FLOWS)
    shapes = {}
    from tradewind.contracts.inputs import content_id, content_of, day_of
    from tradewind.contracts.instruments.payloads import PoolObserved

    for flow in FLOWS:
        for pool in flow.decision_pools:
            fields = {
                name: getattr(pool, name) for name in PoolObserved.model_fields if name != "day"
            }
            observed = PoolObserved(day=day_of(pool.block_time), **fields)
            shapes[content_id(content_of(observed))] = observed
    traded = [one for one in run.trades if one.outcome is not Outcome.REFUSED]

    assert decide_again(run.manifest, run.trades, shapes) == len(traded)
    told = events_of("01ARZ3NDEKTSV4RRFFQ69G5FAV", run.manifest, traded[0], shapes)
    assert told[-1].topic == "exec.completed"
    with pytest.raises(ValueError, match="shape"):
        events_of("01ARZ3NDEKTSV4RRFFQ69G5FAV", run.manifest, traded[0])


def test_slices_of_flows_go_on_where_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _ran(FLOWS)
    monkeypatch.setattr(slices, "SLICE_DECISIONS", 7)
    cut = _ran(FLOWS)

    assert [one.line for one in cut.trades] == [one.line for one in whole.trades]
    assert cut.results.metrics == whole.results.metrics


def test_another_limit_turns_flows_away() -> None:
    run = _ran(FLOWS, limits={"max_notional_usd": "1000"})

    assert run.results.metrics.refused["NOTIONAL_LIMIT"] > 5
    assert run.results.metrics.trades > 3


@pytest.mark.parametrize("change", ["order", "count", "amount"])
def test_flows_that_are_not_the_manifests_are_refused(change: str) -> None:
    flows = list(FLOWS)
    if change == "order":
        flows[3], flows[4] = flows[4], flows[3]
    if change == "amount":
        flows[3] = flows[3]._replace(amount=0)
    run = _ran(FLOWS)
    if change == "count":
        flows.pop()
    with pytest.raises(SimulationFailed):
        Ran(run.manifest, RunInputs(tokens=TOKENS, flows=flows))
