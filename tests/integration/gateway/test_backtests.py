"""Back-tests on real servers: asked for, kept, and shown from the rows that were left behind."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.integration.gateway.support import RunningGateway, until
from tests.settings import Settings
from tests.support.arrivals import arrive
from tests.support.backtest_histories import (
    BARS,
    DATASET_ID,
    EMA_CROSS,
    REQUEST,
    History,
    dataset,
    metrics,
    points,
    state,
    trade,
)
from tradewind.contracts.backtests.results import Exactness, Results
from tradewind.contracts.streams import STRATEGIES_BUCKET
from tradewind.datasets.store import DatasetStore
from tradewind.ledger.append.writer import Ledger
from tradewind.postgres import Pool, open_pool
from tradewind.trading.backtests.records import EndedRun, SliceRow, SliceRows
from tradewind.trading.backtests.store import BacktestStore


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    opened = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=2)
    yield opened
    await opened.close()


async def test_a_run_is_asked_for_shown_stopped_and_removed(
    running: RunningGateway, pool: Pool
) -> None:
    client, backtests = running.client, running.services.backtests
    refused = await client.post("/backtests", json=REQUEST)
    assert refused.json()["code"] == "UNKNOWN_STRATEGY"
    bucket = await running.connection.jetstream.key_value(STRATEGIES_BUCKET)
    await bucket.put(EMA_CROSS.name, EMA_CROSS.model_dump_json().encode())
    await until(lambda: backtests.strategies.find(EMA_CROSS.name))
    refused = await client.post("/backtests", json=REQUEST)
    assert refused.json()["code"] == "UNKNOWN_DATASET"
    assert await DatasetStore(pool).add(dataset())
    assert (await client.get(f"/datasets/{DATASET_ID}")).json()["rows"] == BARS
    assert len((await client.get("/datasets?kind=candles&interval=1m")).json()["items"]) == 1

    key = {"Idempotency-Key": "first"}
    taken = await client.post("/backtests", json=REQUEST, headers=key)
    again = await client.post("/backtests", json=REQUEST, headers=key)
    assert (taken.status_code, taken.json()) == (202, again.json())
    run_id = taken.json()["run_id"]
    assert (await client.get(f"/backtests/{run_id}")).json()["status"] == "queued"
    assert (await client.post(f"/backtests/{run_id}/cancel")).status_code == 202
    assert await pool.fetchval("SELECT requested_by FROM backtest.cancel_requests") == "local"

    history = await _completed(pool, taken.json()["manifest_sha256"])
    over = f"/backtests/{history.run_id}"
    reused = await client.post("/backtests", json=REQUEST)
    assert (reused.status_code, reused.json()["run_id"]) == (200, history.run_id)
    assert (await client.get(f"{over}/results")).json()["exactness"] == "modelled"
    curve = (await client.get(f"{over}/equity?points=10")).json()
    assert (curve["total"], len(curve["points"])) == (100, 10)
    page = (await client.get(f"{over}/trades?order=desc&limit=2")).json()
    assert ([one["number"] for one in page["items"]], page["next_cursor"]) == ([3, 2], 2)
    assert (await client.get(f"{over}/trades.csv")).text.count("\r\n") == 4
    same = await client.get(f"/backtests/compare?a={history.run_id}&b={history.run_id}")
    assert same.json()["is_equal"] is True
    assert await backtests.rows.first_difference(history.run_id, run_id, 0) == (1, 50_000)
    assert (await client.delete(over)).status_code == 204
    assert (await client.get(f"{over}/results")).json()["code"] == "RESULT_EXPIRED"
    listed = (await client.get("/backtests?status=completed")).json()["items"]
    assert [one["run_id"] for one in listed] == [history.run_id]


async def _completed(pool: Pool, manifest_sha256: str) -> History:
    """Record a run with its rows, as a backtester leaves them."""
    history = History().progressed(BARS).completed()
    store = BacktestStore(pool)
    trades = [trade(number) for number in (1, 2, 3)]
    rows = [
        {
            "number": one.number,
            "at": one.time.isoformat(),
            "instrument": one.instrument,
            "side": one.side,
            "outcome": one.outcome.value,
            "document": one.model_dump_json(),
            "record": None,
        }
        for one in trades
    ]
    curve = [one.model_dump(mode="json") for one in points([*range(100, 200)])]
    done = SliceRow(1, BARS, 3, state(3).model_dump_json(), "c" * 64, "a" * 64, True, 5, 9)
    await store.keep_slice(
        history.run_id, done, SliceRows((json.dumps(rows),), json.dumps(curve), "[]")
    )
    results = Results(
        exactness=Exactness.MODELLED,
        metrics=metrics(),
        months=(),
        instruments=(),
        guards={},
        result_sha256="b" * 64,
        signals_sha256="c" * 64,
    )
    await store.keep_end(
        EndedRun(
            *(history.run_id, "completed", None, manifest_sha256, None, None, None, None),
            *(results.model_dump_json(), "b" * 64, BARS),
        )
    )
    await Ledger(pool).append(arrive(history.events))
    return history
