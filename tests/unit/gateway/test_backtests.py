"""Back-tests are resolved, kept once, listed, shown, compared, stopped and removed."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from gateway.backtests.documents import SweepDocument
from tests.support.backtest_histories import (
    BARS,
    BEGIN,
    DATASET_ID,
    END,
    REQUEST,
    SIGNALS_ID,
    History,
    dataset,
)
from tests.unit.gateway.backtest_rows import UNKNOWN, ask, recorded
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.contracts.backtests.sweeps import SweepRequested
from tradewind.contracts.risk.limit_names import OrderLimits
from tradewind.contracts.risk.policy import GeneralLimits, PolicyDocument
from tradewind.contracts.wire import format_timestamp
from tradewind.datasets.model import DatasetKind, Gap
from tradewind.trading.backtests.records import EndedRun, FlowsTotal
from tradewind.trading.policy.journal import PolicyInForce


async def post(gateway: GatewayHarness, key: str = "", **changes: Any) -> httpx2.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await ask(gateway, "POST", "/backtests", json=REQUEST | changes, headers=headers)


async def test_what_is_left_out_is_filled_in() -> None:
    gateway = GatewayHarness()
    answer = await post(gateway, label="first")
    taken = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (
        202,
        f"/backtests/{taken['run_id']}",
    )
    assert (taken["status"], taken["reused"], taken["candles_total"]) == ("queued", False, BARS)
    [event] = gateway.publisher.published
    run = event.payload.manifest.run
    assert run.strategy.params == {"fast": 5, "slow": 21, "band": "0"}
    assert (run.from_, run.to, run.data.interval) == (BEGIN, END, "1m")
    assert run.portfolio == {"USDC": Decimal(10_000)}
    assert [pool.fee_pips for pool in run.market.pools] == [500]
    assert (event.payload.label, event.payload.requested_by) == ("first", "local")
    shown = (await ask(gateway, "GET", f"/backtests/{taken['run_id']}")).json()
    assert (shown["status"], shown["percent"], shown["summary"]) == ("queued", "0", None)
    assert shown["manifest"]["run"]["from"] == format_timestamp(BEGIN)


async def test_the_same_request_is_kept_once_and_another_with_its_key_refused() -> None:
    gateway = GatewayHarness()
    first, again = await post(gateway, "k"), await post(gateway, "k")
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len(gateway.publisher.published) == 1
    check_problem(await post(gateway, "k", seed=7), 422, "IDEMPOTENCY_KEY_USED")


async def test_balances_are_compared_by_what_they_are_worth() -> None:
    gateway = GatewayHarness()
    first = await post(gateway, "k", portfolio={"USDC": "10000", "WETH": "1.50"})
    again = await post(gateway, "k", portfolio={"WETH": "1.5", "USDC": "10000.0"})
    assert (first.status_code, first.json()) == (202, again.json())
    check_problem(await post(gateway, "k", portfolio={"USDC": "1"}), 422, "IDEMPOTENCY_KEY_USED")


async def test_the_run_of_the_same_manifest_is_the_answer() -> None:
    gateway = GatewayHarness()
    taken = (await post(gateway)).json()
    kept = EndedRun(taken["run_id"], "completed", None, taken["manifest_sha256"])
    gateway.backtests.ends[taken["run_id"]] = kept
    answer = await post(gateway, "another", label="again")
    assert answer.status_code == 200
    assert answer.json() == taken | {"reused": True, "status": "completed"}
    assert (await post(gateway, seed=1)).status_code == 202


def params(**values: Any) -> dict[str, Any]:
    return {"strategy": {"name": "ema_cross", "params": values}}


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"strategy": {"name": "nobody"}}, "UNKNOWN_STRATEGY", "strategy.name"),
    ({"data": {"dataset": SIGNALS_ID}}, "UNKNOWN_DATASET", "data.dataset"),
    (
        {"strategy": {"kind": "signals", "dataset": DATASET_ID}},
        *("VALIDATION_FAILED", "strategy.dataset"),
    ),
    (params(fast=0), "INVALID_PARAMS", "strategy.params.fast"),
    (params(fast="9"), "INVALID_PARAMS", "strategy.params.fast"),
    (params(slow=501), "INVALID_PARAMS", "strategy.params.slow"),
    (params(band="1e3"), "INVALID_PARAMS", "strategy.params.band"),
    (params(fats=9), "INVALID_PARAMS", "strategy.params.fats"),
    ({"sweep": {"fast": [1, 0]}}, "INVALID_PARAMS", "sweep.fast[1]"),
    ({"from": "2025-12-31T23:59:00Z"}, "VALIDATION_FAILED", "from"),
    ({"to": "2026-01-03T00:00:00Z"}, "VALIDATION_FAILED", "to"),
    ({"from": "2026-01-01T06:00:00Z", "to": "2026-01-01T05:00:00Z"}, "VALIDATION_FAILED", "to"),
    ({"instruments": ["ethereum-DOGE-USDC"]}, "VALIDATION_FAILED", "instruments[0]"),
    ({"instruments": ["ethereum-WETH-DAI"]}, "VALIDATION_FAILED", "instruments"),
    ({"portfolio": {"DAI": "1"}}, "VALIDATION_FAILED", "portfolio.DAI"),
    ({"portfolio": {"USDC": "-1"}}, "VALIDATION_FAILED", "portfolio"),
    ({"data": {"dataset": DATASET_ID, "interval": "5m"}}, "VALIDATION_FAILED", "data.interval"),
    ({"walk_forward": {"train_days": 2, "test_days": 1}}, "VALIDATION_FAILED", "walk_forward"),
    ({"market": {"kind": "recorded"}}, "VALIDATION_FAILED", "market"),
    ({"seed": -1}, "VALIDATION_FAILED", "seed"),
    ({"seed": 2**63}, "VALIDATION_FAILED", "seed"),
    ({"unknown": 1}, "VALIDATION_FAILED", "unknown"),
    ({"sizing": {"value": 1.5}}, "VALIDATION_FAILED", "sizing.value"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "field"), WRONG)
async def test_what_is_wrong_is_named(changes: dict[str, Any], code: str, field: str) -> None:
    gateway = GatewayHarness()
    changes = json.loads(json.dumps(changes))
    for name, kind in (("strategy", "strategy"), ("data", "candles"), ("sizing", "fraction")):
        if name in changes:
            changes[name] = {"kind": kind} | changes[name]
    problem = check_problem(await post(gateway, **changes), 422, code)
    assert [one["field"] for one in problem["errors"]] == [field]
    assert gateway.publisher.published == []


async def test_a_period_of_too_many_candles_is_refused() -> None:
    gateway = GatewayHarness()
    gateway.backtests.datasets[DATASET_ID] = dataset().model_copy(update={"rows": 20_000_001})
    check_problem(await post(gateway), 400, "RANGE_TOO_LARGE")


@pytest.mark.parametrize(
    ("start", "end", "bars"),
    [(None, None, 1_380), ("01:00", "01:30", 30), ("01:59", "03:01", 2), ("02:00", "03:00", None)],
)
async def test_candles_that_are_missing_are_not_counted(
    start: str | None, end: str | None, bars: int | None
) -> None:
    gateway = GatewayHarness()
    two, three = BEGIN.replace(hour=2), BEGIN.replace(hour=3)
    gap = Gap.model_validate({"from": two, "to": three, "missing": 60})
    gateway.backtests.datasets[DATASET_ID] = dataset(
        rows=BARS - 60, gaps=(gap,), gaps_total=1, missing=60
    )
    period = {"from": f"2026-01-01T{start}:00Z", "to": f"2026-01-01T{end}:00Z"} if start else {}
    answer = await post(gateway, **period)
    if bars is None:
        check_problem(answer, 422, "VALIDATION_FAILED")
    else:
        assert answer.json()["candles_total"] == bars


async def test_limits_are_those_in_force_where_it_is_asked_for() -> None:
    gateway = GatewayHarness()
    limits = OrderLimits(max_notional_usd=Decimal(500), max_slippage_bps=50)
    document = PolicyDocument(defaults=GeneralLimits(**dict(limits)))
    gateway.policies.found = PolicyInForce(None, document)
    await post(gateway, limits="current")
    run = gateway.publisher.published[0].payload.manifest.run
    assert run.limits.max_notional_usd == 500
    assert run.limits.max_slippage == Decimal("0.005")
    assert run.limits.max_drawdown is None


async def test_as_many_runs_of_a_key_may_be_queued_and_no_more() -> None:
    gateway = GatewayHarness()
    recorded(gateway, *(History(number, requested_by="local") for number in range(99)))
    recorded(gateway, History(99, requested_by="other"))
    assert (await post(gateway)).status_code == 202
    recorded(gateway, History(100, requested_by="local"))
    problem = check_problem(await post(gateway), 429, "TOO_MANY_BACKTESTS")
    assert problem["errors"][0]["limit"] == 100


async def test_a_sweep_is_asked_for_as_one() -> None:
    gateway = GatewayHarness()
    answer = await post(gateway, sweep={"fast": [5, 9, 13], "slow": [21, 34]}, strategy={
        "kind": "strategy", "name": "ema_cross", "params": {}})  # fmt: skip
    taken = answer.json()
    assert answer.headers["location"] == f"/sweeps/{taken['sweep_id']}"
    assert taken["run_id"] is None
    [event] = gateway.publisher.published
    assert isinstance(event.payload, SweepRequested)
    shown = await ask(gateway, "GET", f"/sweeps/{taken['sweep_id']}")
    document = SweepDocument.model_validate_json(shown.content)
    assert (document.status, document.table) == ("queued", None)
    stopped = await ask(gateway, "POST", f"/sweeps/{taken['sweep_id']}/cancel")
    assert stopped.status_code == 202
    assert gateway.backtests.cancelled == [(taken["sweep_id"], "local")]


async def test_runs_are_listed_by_every_filter() -> None:
    gateway = GatewayHarness()
    first, second = History(1, label="a"), History(2, sweep_id=UNKNOWN).progressed(500)
    third = History(3, label="a").failed()
    recorded(gateway, first, second, third)

    async def listed(query: str) -> list[str]:
        page = (await ask(gateway, "GET", f"/backtests{query}")).json()
        return [one["run_id"] for one in page["items"]]

    assert await listed("") == [third.run_id, second.run_id, first.run_id]
    assert await listed("?status=running") == [second.run_id]
    assert await listed("?label=a&status=failed") == [third.run_id]
    assert await listed(f"?sweep_id={UNKNOWN}") == [second.run_id]
    assert await listed("?sweep_id=none&limit=1") == [third.run_id]
    assert await listed(f"?sweep_id=none&cursor={third.run_id}") == [first.run_id]
    assert await listed("?strategy=other") == []
    for query in ("status=done", "sweep_id=x", "strategy=A B", "label=", "cursor=1", "page=2"):
        answer = await ask(gateway, "GET", f"/backtests?{query}")
        check_problem(answer, 400, "INVALID_PARAMETER")


OTHER_ID = "ds-1111111111111111"
WBTC = "ethereum-WBTC-USDC"


async def test_several_datasets_are_counted_together() -> None:
    """A step is missing where no dataset has a candle; the period is what all of them have."""
    gateway = GatewayHarness()
    gaps = [
        Gap.model_validate(
            {
                "from": BEGIN + timedelta(minutes=a),
                "to": BEGIN + timedelta(minutes=b),
                "missing": b - a,
            }
        )
        for a, b in ((10, 30), (20, 50))
    ]
    for one, gap in zip((DATASET_ID, OTHER_ID), gaps, strict=True):
        gateway.backtests.datasets[one] = dataset(
            dataset_id=one, gaps=(gap,), gaps_total=1, missing=gap.missing
        )
    more = {"kind": "candles", "dataset": DATASET_ID, "more": {WBTC: OTHER_ID}}
    instruments = [*REQUEST["instruments"], WBTC]
    wrong = await post(gateway, data=more, instruments=instruments)
    assert wrong.json()["errors"][0]["field"] == f"data.more.{WBTC}"
    other = gateway.backtests.datasets[OTHER_ID]
    gateway.backtests.datasets[OTHER_ID] = other.model_copy(update={"instrument": WBTC})
    taken = await post(gateway, data=more, instruments=instruments)
    assert taken.json()["candles_total"] == BARS - 10
    manifest = gateway.publisher.published[-1].payload.manifest
    assert manifest.run.data.more == {WBTC: OTHER_ID}
    assert list(manifest.more_sha256) == [OTHER_ID]


async def test_recorded_flows_are_counted_and_named_by_their_hash() -> None:
    gateway = GatewayHarness()
    asked = {"strategy": {"kind": "recorded"}, "data": None, "instruments": REQUEST["instruments"]}
    body = {name: value for name, value in asked.items() if value is not None}
    period = {"from": format_timestamp(BEGIN), "to": format_timestamp(BEGIN + timedelta(hours=1))}

    async def answer(**changes: Any) -> httpx2.Response:
        return await ask(gateway, "POST", "/backtests", json=body | period | changes)

    nothing = check_problem(await answer(), 422, "VALIDATION_FAILED")
    assert "no recorded intent" in nothing["errors"][0]["message"]
    later = check_problem(await answer(to="2099-01-01T00:00:00Z"), 422, "VALIDATION_FAILED")
    assert "later than now" in later["errors"][0]["message"]
    gateway.backtests.recorded = FlowsTotal(7, "e" * 64)
    assert (await answer()).json()["candles_total"] == 7
    assert gateway.publisher.published[-1].payload.manifest.dataset_sha256 == "e" * 64
    gateway.backtests.recorded = FlowsTotal(100_001, "e" * 64)
    check_problem(await answer(), 400, "RANGE_TOO_LARGE")


async def test_pool_events_are_counted_by_intervals_and_shapes_have_to_be_recorded() -> None:
    gateway = GatewayHarness()
    gateway.backtests.datasets[DATASET_ID] = dataset(
        kind=DatasetKind.POOL_EVENTS, instrument=None, interval=None, rows=7
    )
    data = {"kind": "pool_events", "dataset": DATASET_ID, "interval": "5m"}
    assert (await post(gateway, data=data)).json()["candles_total"] == BARS // 5
    gateway = GatewayHarness()
    market = {"kind": "shape", "shapes": ["d" * 64]}
    unknown = check_problem(await post(gateway, market=market), 422, "VALIDATION_FAILED")
    assert unknown["errors"][0]["field"] == "market.shapes[0]"
    gateway.backtests.observed = {"d" * 64}
    assert (await post(gateway, market=market)).status_code == 202
