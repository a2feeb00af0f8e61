"""Back-tests are resolved, kept once, listed, shown, compared, stopped and removed."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from gateway.backtests.documents import SweepDocument
from gateway.backtests.equity import joined
from tests.support.backtest_histories import (
    BARS,
    BEGIN,
    DATASET_ID,
    END,
    INSTRUMENT,
    REQUEST,
    SIGNALS_ID,
    History,
    dataset,
    metrics,
    points,
    trade,
)
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.contracts.backtests.results import Exactness, Results
from tradewind.contracts.backtests.sweeps import SweepRequested
from tradewind.contracts.risk.limit_names import OrderLimits
from tradewind.contracts.risk.policy import GeneralLimits, PolicyDocument
from tradewind.contracts.wire import format_timestamp
from tradewind.datasets.model import DatasetKind, Gap
from tradewind.readmodels.models.backtest import BACKTEST
from tradewind.readmodels.models.backtest_history import BACKTEST_HISTORY
from tradewind.trading.backtests.records import EndedRun, TradeRow
from tradewind.trading.policy.journal import PolicyInForce

UNKNOWN = "01M8G5E8C33SMXKYM4C561G409"


def recorded(gateway: GatewayHarness, *histories: History) -> None:
    for history in histories:
        gateway.history.events += history.events
        document = BACKTEST_HISTORY.fold(history.events, "1").backtest
        assert document is not None
        gateway.read_models.documents[BACKTEST.key(document.run_id)] = document


def completed(gateway: GatewayHarness, number: int = 1, **changes: Any) -> History:
    """Record a run with a result, its curve and three trades."""
    history = History(number).progressed(500).completed(**changes)
    recorded(gateway, history)
    results = Results(
        exactness=Exactness.MODELLED,
        metrics=metrics(),
        months=(),
        instruments=(),
        guards={"truncation": "passed"},
        result_sha256="b" * 64,
        signals_sha256="c" * 64,
    )
    kept = gateway.backtests
    opening = history.events[0].payload
    kept.ends[history.run_id] = EndedRun(
        history.run_id,
        "completed",
        None,
        opening.manifest_sha256,
        results=results.model_dump_json(),
        result_sha256="b" * 64,
        bars=BARS,
    )
    curve = [one.model_dump(mode="json") for one in points([*range(100, 200), 7, *range(200)])]
    kept.curves[history.run_id] = [json.dumps(curve)]
    rows = [trade(1), trade(2, reason="=HYPERLINK(1)", detail="-1.5"), trade(3)]
    kept.trades_of[history.run_id] = [
        TradeRow(one.number, one.model_dump_json(), None) for one in rows
    ]
    return history


async def ask(gateway: GatewayHarness, method: str, target: str, **options: Any) -> httpx2.Response:
    async with gateway.client() as client:
        return await client.request(method, target, **options)


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
    gap = Gap(**{"from": two, "to": three, "missing": 60})
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


async def test_a_finished_run_is_asked_for_once() -> None:
    gateway = GatewayHarness()
    history = completed(gateway)
    for rest in ("", "/results", "/equity", "/trades"):
        path = f"/backtests/{history.run_id}{rest}"
        answer = await ask(gateway, "GET", path)
        tag = answer.headers["etag"]
        again = await ask(gateway, "GET", path, headers={"If-None-Match": f'"x", {tag}'})
        assert (answer.status_code, again.status_code, again.content) == (200, 304, b"")


async def test_an_equity_curve_is_joined_without_losing_a_peak() -> None:
    gateway = GatewayHarness()
    history = completed(gateway)
    path = f"/backtests/{history.run_id}/equity"
    whole = (await ask(gateway, "GET", f"{path}?points=5000")).json()
    coarse = (await ask(gateway, "GET", f"{path}?points=10")).json()
    assert whole["total"] == coarse["total"] == len(whole["points"]) == 301
    assert len(coarse["points"]) == 10
    for name, of_all in (("low", min), ("high", max)):
        lost = [of_all(Decimal(one[name]) for one in curve["points"]) for curve in (whole, coarse)]
        assert lost[0] == lost[1]
    assert coarse["points"][-1]["equity"] == whole["points"][-1]["equity"]
    part = (await ask(gateway, "GET", f"{path}?to=2026-01-01T00:10:00Z")).json()
    assert part["total"] == 10
    for query in ("points=9", "points=5001", "points=x", "from=2026-01-02T00:00:00Z&to=2026-01-01"):
        check_problem(await ask(gateway, "GET", f"{path}?{query}"), 400, "INVALID_PARAMETER")


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 99, 1_000])
@pytest.mark.parametrize("most", [1, 10, 333])
def test_points_are_joined_in_order_and_none_is_left_out(count: int, most: int) -> None:
    curve = list(points([7 * place % 101 + 1 for place in range(count)]))
    found = joined(curve, most)
    assert len(found) == min(count, most)
    assert [one.time for one in found] == sorted({one.time for one in found})
    assert found[-1].equity == curve[-1].equity
    assert min(one.low for one in found) == min(one.low for one in curve)
    assert max(one.high for one in found) == max(one.high for one in curve)
    assert min(one.drawdown for one in found) == min(one.drawdown for one in curve)


async def test_trades_are_paged_by_number_and_filtered() -> None:
    gateway = GatewayHarness()
    history = completed(gateway)

    async def numbers(query: str) -> tuple[list[int], int | None]:
        answer = await ask(gateway, "GET", f"/backtests/{history.run_id}/trades{query}")
        page = answer.json()
        return [one["number"] for one in page["items"]], page["next_cursor"]

    assert await numbers("") == ([1, 2, 3], None)
    assert await numbers("?limit=2") == ([1, 2], 2)
    assert await numbers("?limit=2&cursor=2") == ([3], None)
    assert await numbers("?order=desc&limit=1") == ([3], 3)
    assert await numbers("?order=desc&cursor=3") == ([2, 1], None)
    assert await numbers(f"?side=acquire&instrument={INSTRUMENT}&outcome=filled") == ([1, 3], None)
    for query in ("side=buy", "order=up", "cursor=-1", "cursor=1000001", "instrument=a b"):
        answer = await ask(gateway, "GET", f"/backtests/{history.run_id}/trades?{query}")
        check_problem(answer, 400, "INVALID_PARAMETER")


async def test_a_file_of_trades_has_no_formula() -> None:
    gateway = GatewayHarness()
    history = completed(gateway)
    answer = await ask(gateway, "GET", f"/backtests/{history.run_id}/trades.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["number"] for row in rows] == ["1", "2", "3"]
    assert (rows[1]["reason"], rows[1]["detail"]) == ("'=HYPERLINK(1)", "-1.5")


async def test_what_a_run_has_not_yet_or_not_any_more_is_said() -> None:
    gateway = GatewayHarness()
    running, over = History(9).progressed(500), completed(gateway, 1)
    recorded(gateway, running)
    for rest in ("results", "equity", "trades.csv"):
        answer = await ask(gateway, "GET", f"/backtests/{running.run_id}/{rest}")
        problem = check_problem(answer, 409, "BACKTEST_NOT_FINISHED")
        assert (problem["run_status"], problem["percent"]) == ("running", "34.7")
        assert answer.headers["retry-after"] == "2"
    answer = await ask(gateway, "DELETE", f"/backtests/{running.run_id}")
    check_problem(answer, 409, "BACKTEST_NOT_FINISHED")
    assert (await ask(gateway, "DELETE", f"/backtests/{over.run_id}")).status_code == 204
    for rest in ("results", "equity", "trades", "trades.csv", "trades/1/events"):
        answer = await ask(gateway, "GET", f"/backtests/{over.run_id}/{rest}")
        check_problem(answer, 410, "RESULT_EXPIRED")
    assert (await ask(gateway, "GET", f"/backtests/{over.run_id}")).status_code == 200
    assert (await ask(gateway, "DELETE", f"/backtests/{over.run_id}")).status_code == 204


async def test_a_run_is_stopped_until_it_is_over() -> None:
    gateway = GatewayHarness()
    running, over = History(9).progressed(500), completed(gateway, 1)
    recorded(gateway, running)
    for _ in range(2):
        answer = await ask(gateway, "POST", f"/backtests/{running.run_id}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (202, "running")
    answer = await ask(gateway, "POST", f"/backtests/{over.run_id}/cancel")
    check_problem(answer, 409, "BACKTEST_FINISHED")


async def test_two_runs_are_compared_down_to_the_first_trade_that_differs() -> None:
    gateway = GatewayHarness()
    a = completed(gateway, 1)
    b = completed(gateway, 2, metrics=metrics(sharpe=None), result_sha256="d" * 64)
    other = trade(2, amount_out=1)
    gateway.backtests.trades_of[b.run_id][1] = TradeRow(2, other.model_dump_json(), None)
    answer = await ask(gateway, "GET", f"/backtests/compare?a={a.run_id}&b={b.run_id}")
    compared = answer.json()
    assert (compared["is_equal"], compared["are_signals_equal"]) == (False, True)
    assert compared["first_trade"]["number"] == 2
    assert compared["first_trade"]["cause"] == "execution"
    assert compared["first_trade"]["b"]["amount_out"] == "1"
    by_name = {one["metric"]: one for one in compared["metrics"]}
    assert by_name["total_return"]["difference"] == "0.0"
    assert by_name["sharpe"]["difference"] is None
    same = (await ask(gateway, "GET", f"/backtests/compare?a={a.run_id}&b={a.run_id}")).json()
    assert (same["is_equal"], same["first_trade"], same["manifest"]) == (True, None, [])
    for query in (f"a={a.run_id}", f"a={a.run_id}&b=x"):
        answer = await ask(gateway, "GET", f"/backtests/compare?{query}")
        check_problem(answer, 400, "INVALID_PARAMETER")


async def test_strategies_and_datasets_are_listed() -> None:
    gateway = GatewayHarness()
    gateway.backtests.datasets[SIGNALS_ID] = dataset(
        dataset_id=SIGNALS_ID, kind=DatasetKind.SIGNALS, instrument=None, interval=None
    )
    [strategy] = (await ask(gateway, "GET", "/strategies")).json()["items"]
    assert strategy["params"]["fast"] == {
        "kind": "integer", "default": 9, "minimum": "1", "choices": [], "doc": ""
    }  # fmt: skip
    page = (await ask(gateway, "GET", "/datasets?limit=1")).json()
    rest = (await ask(gateway, "GET", "/datasets", params={"cursor": page["next_cursor"]})).json()
    assert [one["dataset_id"] for one in (*page["items"], *rest["items"])] == [
        DATASET_ID,
        SIGNALS_ID,
    ]
    shown = (await ask(gateway, "GET", f"/datasets/{DATASET_ID}")).json()
    assert (shown["from"], shown["rows"]) == (format_timestamp(BEGIN), BARS)
    check_problem(await ask(gateway, "GET", f"/datasets/ds-{'0' * 16}"), 404, "DATASET_NOT_FOUND")
    for target in ("/datasets/x", "/datasets?cursor=x", "/datasets?kind=x", "/strategies?cursor=A"):
        check_problem(await ask(gateway, "GET", target), 400, "INVALID_PARAMETER")


@pytest.mark.parametrize("rest", ["", "/results", "/equity", "/trades", "/trades/1/events"])
async def test_what_nobody_ran_is_not_found(rest: str) -> None:
    answer = await ask(GatewayHarness(), "GET", f"/backtests/{UNKNOWN}{rest}")
    check_problem(answer, 404, "BACKTEST_NOT_FOUND")


@pytest.mark.parametrize("number", ["0", "x", "1000001", "9" * 30, "-1"])
async def test_a_trade_has_a_number(number: str) -> None:
    gateway = GatewayHarness()
    history = completed(gateway)
    target = f"/backtests/{history.run_id}/trades/{number}/events"
    check_problem(await ask(gateway, "GET", target), 400, "INVALID_PARAMETER")
    target = f"/backtests/{history.run_id}/trades/4/events"
    check_problem(await ask(gateway, "GET", target), 404, "TRADE_NOT_FOUND")
