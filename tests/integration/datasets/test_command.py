"""`tradewind data`: from a file to a dataset that is listed, shown, verified and exported."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulators.hyperliquid.app import Exchange
from simulators.hyperliquid.market import SimulatedMarket
from simulators.hyperliquid.serving import served
from tradewind.datasets.model import Dataset
from tradewind.datasets.store import DatasetStore, Filter, cursor_of
from tradewind.errors import TradewindError
from tradewind.operations.cli.data import data
from tradewind.postgres import open_pool

OPENED = 1_735_689_600_000
MINUTE = 60_000
type Run = Callable[..., Result]


@pytest.fixture
def run(database_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the database of the test, with a folder of its own."""
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", database_dsn)
    monkeypatch.setenv("TRADEWIND_DATASETS", str(tmp_path / "datasets"))
    monkeypatch.setenv("TRADEWIND_DATASET_MAX_ROWS", "1000")
    return lambda *arguments: CliRunner().invoke(data, [str(one) for one in arguments])


def candles(path: Path, price: int, rows: int = 130, missing: int = 7) -> Path:
    lines = ["time,open,high,low,close,volume"]
    lines += [
        f"{OPENED + MINUTE * n},{price},{price + n},{price},{price + n % 9},1.5"
        for n in range(rows)
        if n != missing
    ]
    path.write_text("\n".join(lines))
    return path


def listed(run: Run, *options: str) -> list[Dataset]:
    result = run("list", "--json", *options)
    assert result.exit_code == 0, result.output
    return [Dataset.model_validate_json(line) for line in result.output.splitlines()]


def test_a_file_becomes_a_dataset_once(run: Run, tmp_path: Path) -> None:
    path = candles(tmp_path / "a", 3_000)
    assert run("list").output.startswith("There are no datasets")

    first = run("import", path, "--as", "WETH/USDC")
    again = run("import", path, "--as", "WETH/USDC")

    assert first.exit_code == again.exit_code == 0, first.output
    assert "1, 1 candles missing" in first.output
    assert "times" not in first.output
    assert "It was there already" in again.output
    (dataset,) = listed(run)
    assert (dataset.instrument, dataset.rows) == ("ethereum-WETH-USDC", 129)
    assert [path.name for path in (tmp_path / "datasets").iterdir()] == [
        f"{dataset.dataset_id}.parquet"
    ]
    shown = run("show", dataset.dataset_id)
    assert "▁" in shown.output
    assert "3000 to 3129" in shown.output
    assert run("verify").output == f"{dataset.dataset_id} is right\n"


def test_coarser_and_exported(run: Run, tmp_path: Path) -> None:
    run("import", candles(tmp_path / "a", 3_000), "--as", "WETH/USDC")
    (fine,) = listed(run)

    coarse = run("resample", fine.dataset_id, "1h")
    out = run("export", fine.dataset_id, "-o", tmp_path / "out.csv")

    assert coarse.exit_code == out.exit_code == 0, coarse.output
    assert f"made from    {fine.dataset_id}" in coarse.output
    (made,) = listed(run, "--interval", "1h")
    assert (made.rows, [note.code for note in made.repairs]) == (2, ["incomplete", "thin"])
    assert out.output.startswith("129 rows in")
    assert "It was there already" in run("import", tmp_path / "out.csv").output


def test_what_is_wrong_is_told_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    many = run("import", candles(tmp_path / "many", 1, rows=1_002), "--as", "WETH/USDC")
    nameless = run("import", candles(tmp_path / "nameless", 1))

    for result, words in ((many, "1,000 rows"), (nameless, "give --as")):
        assert isinstance(result.exception, TradewindError)
        assert result.exception.code == "DATASET_REFUSED"
        assert words in str(result.exception)
    assert listed(run) == []
    assert list((tmp_path / "datasets").iterdir()) == []
    assert "is no dataset such as" in run("show", "ds-1").output
    unknown = run("show", "ds-0123456789abcdef").exception
    assert isinstance(unknown, TradewindError)
    assert unknown.code == "UNKNOWN_DATASET"


def test_a_damaged_file_is_found(run: Run, tmp_path: Path) -> None:
    run("import", candles(tmp_path / "a", 3_000), "--as", "WETH/USDC")
    (path,) = (tmp_path / "datasets").iterdir()
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"!")

    result = run("verify")

    assert "has the SHA-256" in result.output
    assert isinstance(result.exception, TradewindError)
    assert result.exception.code == "DATASET_DAMAGED"


def test_candles_are_fetched_from_the_provider(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(Exchange(SimulatedMarket(7, time.time))) as url:
        monkeypatch.setenv("TRADEWIND_HYPERLIQUID_URL", url)
        result = run("fetch", "hyperliquid", "ETH", "1h", "--as", "WETH/USDC")

    assert result.exit_code == 0, result.output
    (dataset,) = listed(run)
    assert (dataset.rows, dataset.missing, dataset.interval) == (5_000, 0, "1h")
    assert dataset.provenance.source == "hyperliquid"


async def test_pages_are_complete(database_dsn: str, run: Run, tmp_path: Path) -> None:
    for price in range(1, 6):
        path = candles(tmp_path / str(price), price, rows=3, missing=99)
        result = await asyncio.to_thread(run, "import", path, "--as", "WETH/USDC")
        assert result.exit_code == 0, result.output
    pool = await open_pool(database_dsn, max_size=1)
    try:
        store = DatasetStore(pool)
        found: list[str] = []
        page = await store.page(limit=2)
        while page:
            found += [one.dataset_id for one in page]
            page = await store.page(limit=2, after=cursor_of(page[-1]))
        assert len(found) == len(set(found)) == 5
        assert await store.page(Filter(instrument="ethereum-WBTC-USDC")) == []
        whole = await store.get(found[0])
        assert json.loads(whole.model_dump_json(by_alias=True))["dataset_id"] == found[0]
    finally:
        await pool.close()
