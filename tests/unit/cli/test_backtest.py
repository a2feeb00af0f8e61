"""A back-test is asked for with options or a file, in the form in which the gateway takes it."""

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from tradewind_client import Client
from tradewind_client.calls import Call
from tradewind_client.rest_models import BacktestDetail, BacktestItem, TakenBacktest

from gateway.backtests.documents import detail_of
from tests.support.backtest_histories import DATASET_ID, History, dataset
from tradewind.datasets.model import DatasetKind
from tradewind.operations.cli.backtest import backtest
from tradewind.operations.cli.backtest_file import parse_grid, parse_settings, read_backtest
from tradewind.operations.cli.backtest_views import progress_line, run_row
from tradewind.readmodels.models.backtest_history import BACKTEST_HISTORY

FIRST, OTHER, EVENTS = (f"ds-000000000000000{one}" for one in "abe")
CANDLES = {"kind": "candles", "dataset": FIRST}
TAKEN = TakenBacktest(
    run_id=History().run_id,
    correlation_id=History().correlation_id,
    status="queued",
    manifest_sha256="a" * 64,
    candles_total=1,
    reused=False,
)
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


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the bodies that are posted; a dataset's instrument is told by the last of its id."""
    bodies: list[dict[str, Any]] = []
    kinds: dict[str, dict[str, Any]] = {"b": {"instrument": "ethereum-WBTC-USDC"}}
    kinds["e"] = {"kind": DatasetKind.POOL_EVENTS, "instrument": None, "interval": None}

    def send(_: Client, call: Call[object]) -> object:
        if call.method == "POST":
            bodies.append(json.loads(call.body))
            return TAKEN
        name = call.path.rpartition("/")[2]
        made = dataset(dataset_id=name, **kinds.get(name[-1], {}))
        return call.read(made.model_dump_json().encode())

    monkeypatch.setattr(Client, "send", send)
    return bodies


def asked(*options: str) -> Result:
    return CliRunner().invoke(
        backtest, ["run", *options, "--detach", "--url", "http://127.0.0.1:9"]
    )


def test_options_take_the_place_of_what_a_file_says(
    tmp_path: Path, sent: list[dict[str, Any]]
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(FILE.replace("instruments: [ethereum-WETH-USDC]\n", ""))
    result = asked(
        *("--file", str(path), "--set", "fast=5", "--to", "2026-02-01", "--cash", "USDC=7")
    )
    assert result.exit_code == 0, result.output
    assert f"{TAKEN.run_id} is queued" in result.output
    [body] = sent
    assert body["strategy"]["params"] == {"fast": 5}
    assert body["instruments"] == ["ethereum-WETH-USDC"]
    assert body["to"] == "2026-02-01T00:00:00.000Z"
    assert body["portfolio"] == {"USDC": "7"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            f"--data {FIRST} --data {OTHER} --pool 500=40000000 --pool 3000=1.5",
            {
                "data": {
                    "kind": "candles",
                    "dataset": FIRST,
                    "more": {"ethereum-WBTC-USDC": OTHER},
                },
                "instruments": ["ethereum-WETH-USDC", "ethereum-WBTC-USDC"],
                "market": {
                    "kind": "constant",
                    "pools": [
                        {"fee_pips": 500, "depth_usd": "40000000"},
                        {"fee_pips": 3000, "depth_usd": "1.5"},
                    ],
                },
            },
        ),
        (
            f"--data {FIRST} --shape aa --shape bb",
            {"market": {"kind": "shape", "shapes": ["aa", "bb"]}},
        ),
        (
            f"--data {EVENTS} --interval 5m --instrument ethereum-WETH-USDC",
            {
                "data": {"kind": "pool_events", "dataset": EVENTS, "interval": "5m"},
                "instruments": ["ethereum-WETH-USDC"],
            },
        ),
        (
            "--recorded --strategy trend --instrument ethereum-WETH-USDC",
            {
                "strategy": {"kind": "recorded", "strategy_id": "trend"},
                "data": {"kind": "recorded"},
            },
        ),
        ("--recorded", {"strategy": {"kind": "recorded"}}),
    ],
)
def test_options_say_what_a_file_would(
    options: str, said: dict[str, Any], sent: list[dict[str, Any]]
) -> None:
    result = asked(*options.split())
    assert result.exit_code == 0, result.output
    assert {name: sent[0][name] for name in said} == said


@pytest.mark.parametrize(
    "options",
    [
        f"--data {FIRST} --pool 500=1 --shape aa",
        "--pool 500",
        f"--recorded --data {FIRST}",
        f"--data {FIRST} --data {EVENTS}",
    ],
)
def test_options_that_contradict_are_refused(options: str, sent: list[dict[str, Any]]) -> None:
    assert asked(*options.split()).exit_code == 2
    assert not sent
