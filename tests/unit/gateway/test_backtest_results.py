"""Results of back-tests are shown, compared, stopped and removed."""

import csv
import io
from decimal import Decimal

import pytest

from gateway.backtests.equity import joined
from tests.support.backtest_histories import (
    BARS,
    BEGIN,
    DATASET_ID,
    INSTRUMENT,
    SIGNALS_ID,
    History,
    dataset,
    metrics,
    points,
    trade,
)
from tests.unit.gateway.backtest_rows import UNKNOWN, ask, completed, recorded
from tests.unit.gateway.support import GatewayHarness, check_problem
from tests.unit.simulation.factories import of_closes, ran
from tradewind.contracts.wire import format_timestamp
from tradewind.datasets.model import DatasetKind
from tradewind.simulation.records import WrittenReads
from tradewind.simulation.strategies.loading import load
from tradewind.trading.backtests.records import TradeRow


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


async def test_a_trade_on_ticks_that_nobody_kept_has_no_events() -> None:
    gateway = GatewayHarness()
    history = completed(gateway)
    [record] = ran(of_closes([300_000] * 40), load("buy_and_hold")).trades
    [read, *_] = record.decision
    record = record._replace(decided_on=WrittenReads((read._replace(shape=f"{'0' * 64}@0"),)))
    row = TradeRow(1, trade(1).model_dump_json(), record.to_json())
    gateway.backtests.trades_of[history.run_id] = [row]
    answer = await ask(gateway, "GET", f"/backtests/{history.run_id}/trades/1/events")
    assert "ticks" in check_problem(answer, 404, "TRADE_NOT_FOUND")["detail"]
