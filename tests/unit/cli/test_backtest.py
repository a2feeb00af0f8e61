"""A back-test is asked for with options or a file, in the form in which the gateway takes it."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tradewind_client import Client
from tradewind_client.calls import Call
from tradewind_client.rest_models import BacktestDetail, BacktestItem, TakenBacktest

from gateway.backtests.documents import detail_of
from tests.support.backtest_histories import DATASET_ID, History, dataset
from tradewind.operations.cli.backtest import backtest
from tradewind.operations.cli.backtest_file import parse_grid, parse_settings, read_backtest
from tradewind.operations.cli.backtest_views import progress_line, run_row
from tradewind.readmodels.models.backtest_history import BACKTEST_HISTORY

FILE = f"""
strategy: {{kind: strategy, name: ema_cross, params: {{fast: 9, band: 0.5, eager: true}}}}
instruments: [ethereum-WETH-USDC]
from: 2026-01-01
data: {{kind: candles, dataset: {DATASET_ID}}}
market: {{kind: constant, pools: [{{fee_pips: 500, depth_usd: 40000000}}]}}
execution: {{latency_ms: 12000, gas_price_wei: 1000000000, price_moves: true}}
portfolio: {{USDC: 10000}}
seed: 7
"""


def test_a_file_says_numbers_as_the_gateway_takes_them(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(FILE)
    document = read_backtest(path)
    assert document["strategy"]["params"] == {"fast": 9, "band": "0.5", "eager": True}
    assert document["market"]["pools"] == [{"fee_pips": 500, "depth_usd": "40000000"}]
    assert document["execution"] == {
        "latency_ms": 12_000,
        "gas_price_wei": "1000000000",
        "price_moves": True,
    }
    assert (document["from"], document["portfolio"], document["seed"]) == (
        *("2026-01-01T00:00:00.000Z", {"USDC": "10000"}),
        7,
    )


@pytest.mark.parametrize("text", ["[1]", "a: &x 1\nb: *x", "a: 1\na: 2", "from: x", "x" * 70_000])
def test_a_file_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(click.BadParameter):
        read_backtest(path)


def test_parameters_are_integers_flags_or_strings() -> None:
    settings = ("fast=9", "band=0.5", "eager=false", "name=a=b", "low=-3", "big=007")
    assert parse_settings(settings) == {
        "fast": 9,
        "band": "0.5",
        "eager": False,
        "name": "a=b",
        "low": -3,
        "big": "007",
    }
    assert parse_grid(("fast=5,9", "band=0.1,0.2")) == {"fast": [5, 9], "band": ["0.1", "0.2"]}
    for wrong in ("fast", "=9"):
        with pytest.raises(click.BadParameter):
            parse_settings((wrong,))


def detail(history: History) -> BacktestDetail:
    document = BACKTEST_HISTORY.fold(history.events, "1").backtest
    assert document is not None
    return BacktestDetail.model_validate_json(detail_of(document).model_dump_json())


def test_how_far_a_run_is_stands_in_a_line() -> None:
    running = detail(History().progressed(500).progressed(700))
    assert progress_line(running) == "running 48.6 % (700 of 1,440 candles), 200/s, 4 s left"
    over = BacktestItem(**dict(detail(History(label="a").progressed(500).completed())))
    assert run_row(over)[1:] == (
        *("completed", "100 %", "ema_cross", "10.00 %", "-5.00 %", "1.5", "3", "a"),
    )


def test_options_take_the_place_of_what_a_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    taken = TakenBacktest(
        run_id=History().run_id,
        correlation_id=History().correlation_id,
        status="queued",
        manifest_sha256="a" * 64,
        candles_total=1,
        reused=False,
    )

    def send(_: Client, call: Call[object]) -> object:
        if call.method == "POST":
            sent.append(call.body.decode())
            return taken
        return call.read(dataset().model_dump_json().encode())

    monkeypatch.setattr(Client, "send", send)
    path = tmp_path / "run.yaml"
    path.write_text(FILE.replace("instruments: [ethereum-WETH-USDC]\n", ""))
    options = ["--file", str(path), "--set", "fast=5", "--to", "2026-02-01", "--cash", "USDC=7"]
    result = CliRunner().invoke(
        backtest, ["run", *options, "--detach", "--url", "http://127.0.0.1:9"]
    )
    assert result.exit_code == 0, result.output
    assert f"{taken.run_id} is queued" in result.output
    assert '"params":{"fast":5}' in sent[0]
    assert '"instruments":["ethereum-WETH-USDC"]' in sent[0]
    assert '"to":"2026-02-01T00:00:00.000Z"' in sent[0]
    assert '"portfolio":{"USDC":"7"}' in sent[0]
