"""Every kind of problem with a back-test is answered to the letter."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.support.backtest_histories import DATASET_ID, REQUEST, SIGNALS_ID, History, dataset
from tests.unit.gateway.backtest_rows import UNKNOWN, completed, recorded
from tests.unit.gateway.recorded_answers import RECORDED, REQUEST_ID, of_response
from tests.unit.gateway.support import GatewayHarness
from tradewind.errors import TransientError

RUNNING, OVER = History(9, requested_by="local").progressed(500), History(1).run_id


def nothing(_: GatewayHarness) -> None:
    """Prepare nothing."""


def too_many(gateway: GatewayHarness) -> None:
    recorded(gateway, *(History(number, requested_by="local") for number in range(100)))


def too_long(gateway: GatewayHarness) -> None:
    gateway.backtests.datasets[DATASET_ID] = dataset().model_copy(update={"rows": 20_000_001})


def running(gateway: GatewayHarness) -> None:
    recorded(gateway, RUNNING)


def over(gateway: GatewayHarness) -> None:
    completed(gateway)


def removed(gateway: GatewayHarness) -> None:
    gateway.backtests.expired.add(completed(gateway).run_id)
    gateway.backtests.ends.clear()


def uncertain(gateway: GatewayHarness) -> None:
    running(gateway)
    gateway.backtests.error = TransientError("secret")


class Case(NamedTuple):
    """A request, and what is there before it."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    prepare: Callable[[GatewayHarness], None] = nothing


CASES = {
    "an unknown back-test": Case("GET", f"/backtests/{UNKNOWN}"),
    "an unknown sweep": Case("GET", f"/sweeps/{UNKNOWN}"),
    "an unknown dataset": Case("GET", f"/datasets/{SIGNALS_ID}"),
    "an unknown trade": Case("GET", f"/backtests/{OVER}/trades/4/events", None, over),
    "a back-test on nothing": Case(
        "POST", "/backtests", REQUEST | {"data": {"kind": "candles", "dataset": SIGNALS_ID}}
    ),
    "a back-test of no strategy": Case(
        "POST", "/backtests", REQUEST | {"strategy": {"kind": "strategy", "name": "nobody"}}
    ),
    "a back-test with wrong parameters": Case(
        "POST",
        "/backtests",
        REQUEST | {"strategy": {"kind": "strategy", "name": "ema_cross", "params": {"fast": 0}}},
    ),
    "a back-test of too many candles": Case("POST", "/backtests", REQUEST, too_long),
    "too many back-tests": Case("POST", "/backtests", REQUEST, too_many),
    "a back-test that goes on": Case("GET", f"/backtests/{RUNNING.run_id}/results", None, running),
    "a back-test that is over": Case("POST", f"/backtests/{OVER}/cancel", None, over),
    "a result that was removed": Case("GET", f"/backtests/{OVER}/results", None, removed),
    "a cancellation that is not certain": Case(
        "POST", f"/backtests/{RUNNING.run_id}/cancel", None, uncertain
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_problem_with_a_back_test_is_what_it_always_was(name: str) -> None:
    case, gateway = CASES[name], GatewayHarness()
    case.prepare(gateway)
    async with gateway.client() as client:
        answer = await client.request(case.method, case.path, json=case.body, headers=REQUEST_ID)
    assert of_response(answer) == RECORDED[name]
