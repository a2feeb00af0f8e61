"""Datasets, manifests and requests for tests of the backtester."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from tests.unit.simulation.factories import (
    START_MS,
    TOKENS,
    WETH,
    manifest_of,
    random_candles,
)
from tradewind.contracts.backtests.model import CandleData, Manifest, PoolEventData
from tradewind.contracts.backtests.payloads import BacktestRequested
from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.subjects import EventKey
from tradewind.datasets.directory import DatasetDirectory
from tradewind.datasets.formats.pool_rows import to_frame
from tradewind.datasets.frames import (
    CANDLES,
    PRICE,
    PRICES,
    TIME,
    Header,
    PoolHeader,
    write,
)
from tradewind.datasets.model import DatasetKind
from tradewind.datasets.pool_events import PoolEvent
from tradewind.simulation.manifests import manifest_sha256
from tradewind.trading.pricing.swap.tick_math import sqrt_ratio_at_tick

STARTED = datetime(2026, 2, 1, tzinfo=UTC)
POOL = "0x" + "11" * 20
TICK = 196_250
"""About 3,000 USDC for a WETH, where USDC is the first token."""
LIQUIDITY = 10**18
INTERVALS = {60_000: "1m", 3_600_000: "1h"}


class KeptCandles(NamedTuple):
    """A dataset in a folder, and a manifest over all of it."""

    folder: Path
    manifest: Manifest


def kept_candles(folder: Path, bars: int, strategy: dict[str, Any], **run: Any) -> KeptCandles:
    """Write random candles as a dataset; return a manifest over them."""
    interval_ms = run.pop("interval_ms", 60_000)
    instrument = run.pop("instrument", WETH)
    candles = random_candles(bars, interval_ms=interval_ms, instrument=instrument)
    hundredths = {name: getattr(candles, name) for name in PRICES}
    frame = pl.DataFrame({"time": candles.open_times_ms, **hundredths, "volume": candles.volume})
    frame = frame.with_columns(
        pl.col("time").cast(TIME),
        *((pl.col(name).cast(PRICE) / 100).cast(PRICE) for name in PRICES),
    )
    interval = INTERVALS[interval_ms]
    header = Header(
        kind=DatasetKind.CANDLES,
        instrument=candles.instrument,
        interval=interval,
        price_decimals=2,
    )
    directory = DatasetDirectory(folder)
    with directory.unfinished() as path:
        write(frame.select(CANDLES.keys()), header, path)
        kept = directory.keep(path)
    data = CandleData(dataset=kept.dataset_id, interval=interval)
    manifest = manifest_of([candles], strategy, data=data, **run)
    return KeptCandles(folder, manifest.model_copy(update={"dataset_sha256": kept.sha256}))


class KeptEvents(NamedTuple):
    """A dataset of a pool's events, a manifest over it, and the pool's liquidity."""

    manifest: Manifest
    liquidity: int


def kept_pool_events(folder: Path, hours: int) -> KeptEvents:
    """Write a pool that is made, filled, and moved every minute; return a run of holding it."""
    weth, usdc = (TOKENS.by_symbol("ethereum", one) for one in ("WETH", "USDC"))
    assert weth is not None
    assert usdc is not None
    token0, token1 = sorted((weth.asset, usdc.asset), key=lambda one: int(one.address, 16))
    tick = TICK if token0 == usdc.asset else -TICK
    header = PoolHeader(address=POOL, token0=token0, token1=token1, fee_pips=500, tick_spacing=10)
    root, low, high = sqrt_ratio_at_tick(tick), tick - 5_000, tick + 5_000
    place = (0, START_MS, 0, POOL)
    rows = [
        PoolEvent(*place, "initialize", sqrt_price_x96=root, tick=tick),
        PoolEvent(*place, "mint", tick_lower=low, tick_upper=high, amount=LIQUIDITY),
    ]
    for minute in range(1, hours * 60 + 1):
        moved = tick + minute % 7
        place = (minute, START_MS + minute * 60_000 - 1, 0, POOL)
        rows.append(PoolEvent(*place, "swap", sqrt_ratio_at_tick(moved), LIQUIDITY, moved))
    directory = DatasetDirectory(folder)
    with directory.unfinished() as path:
        write(to_frame(rows), Header(kind=DatasetKind.POOL_EVENTS, pools=(header,)), path)
        kept = directory.keep(path)
    manifest = manifest_of(
        [random_candles(hours * 60)],
        {"name": "buy_and_hold"},
        data=PoolEventData(dataset=kept.dataset_id),
        market={"kind": "recorded"},
    )
    return KeptEvents(manifest.model_copy(update={"dataset_sha256": kept.sha256}), LIQUIDITY)


def request_of(manifest: Manifest, number: int, **fields: Any) -> Event[BacktestRequested]:
    """Return the event that asks for a run; numbers tell runs apart."""
    run_id = make_ulid(int(STARTED.timestamp() * 1_000), number.to_bytes(10))
    payload = BacktestRequested(
        run_id=run_id, manifest=manifest, manifest_sha256=manifest_sha256(manifest), **fields
    )
    return first_event(
        payload,
        correlation_id=make_correlation_id(CorrelationKind.BACKTEST, run_id),
        key=EventKey(),
        producer="gateway",
        at=STARTED,
    )
