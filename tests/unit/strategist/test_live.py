"""A live strategy says at each close what a back-test's says there, and only that is submitted."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from actors.strategist.file import LiveStrategy, load_strategist_file
from actors.strategist.live import LiveRun, columns_of
from actors.strategist.loop import Strategist, live_runs, signal_of
from actors.strategist.settings import StrategistSettings
from tests.unit.simulation.factories import MINUTE_MS, START_MS, random_candles
from tradewind.contracts.market.model import CandleSeries, ObservedCandles
from tradewind.errors import ConfigurationError
from tradewind.runtime import clock
from tradewind.simulation.inputs import Candles
from tradewind.simulation.strategies.loading import load
from tradewind.simulation.strategies.look_ahead import signals_of
from tradewind.trading.marketdata.intervals import from_milliseconds
from tradewind.trading.marketdata.perp_snapshots import PerpSnapshots

BARS = 120
CROSS = LiveStrategy(
    source="cross",
    strategy="ema_cross",
    params={"fast": 3, "slow": 8},
    symbol="ETH",
    coin="ETH",
    interval="1m",
    size=Decimal("0.5"),
)


def series_of(candles: Candles, first: int, end: int) -> CandleSeries:
    def prices(name: str) -> tuple[Decimal, ...]:
        return tuple(Decimal(int(one)) / 100 for one in getattr(candles, name)[first:end])

    return CandleSeries(
        coin="ETH",
        interval="1m",
        open_times_ms=tuple(int(one) for one in candles.open_times_ms[first:end]),
        open=prices("open"),
        high=prices("high"),
        low=prices("low"),
        close=prices("close"),
        volume=tuple(Decimal(1) for _ in range(end - first)),
    )


def test_what_is_said_live_is_what_a_back_test_says() -> None:
    """Given windows of the newest 40 candles, one more each time, then the same signals appear."""
    candles, live = random_candles(BARS), LiveRun(CROSS, load("ema_cross"))
    said = {}
    for end in range(20, BARS + 1):
        found = live.take(series_of(candles, max(0, end - 40), end))
        if found is not None:
            said[end - 1] = found.is_acquire
        assert live.take(series_of(candles, max(0, end - 40), end)) is None, "once a candle"
    expected = signals_of(load("ema_cross"), candles, {"fast": 3, "slow": 8})
    sides = zip(expected.rows.tolist(), expected.sides.tolist(), strict=True)
    assert said == {row: side == 1 for row, side in sides if row >= 19}
    assert len(said) > 3


def test_prices_become_the_integers_they_are() -> None:
    candles = random_candles(30)
    columns = columns_of(series_of(candles, 0, 30), "ETH")
    scale = 10 ** (2 - columns.price_decimals)
    assert (columns.close * scale == candles.close).all()


async def test_a_signal_is_submitted_once_and_again_only_while_nobody_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    candles, live = random_candles(BARS), LiveRun(CROSS, load("ema_cross"))
    expected = signals_of(load("ema_cross"), candles, {"fast": 3, "slow": 8})
    end = int(expected.rows[-1]) + 1
    closed = from_milliseconds(START_MS + end * MINUTE_MS)
    monkeypatch.setattr(clock, "now", lambda: closed)
    snapshots, submitted = PerpSnapshots(), []
    observed = ObservedCandles(
        candles=series_of(candles, 0, end), observed_at=closed, provider="test"
    )
    snapshots.apply("candles.ETH.1m", observed.model_dump_json(by_alias=True).encode())
    assert snapshots.candles("ETH", "1m") is not None
    is_away = True

    async def submit(subject: str, data: bytes) -> bytes:
        if is_away:
            raise TimeoutError
        submitted.append((subject, json.loads(data)))
        return b'{"status":201}'

    strategist = Strategist([live], snapshots, submit)
    with pytest.raises(TimeoutError):
        await strategist.look()
    is_away = False
    await strategist.look()
    await strategist.look()
    assert [subject for subject, _ in submitted] == ["submit.signal.cross"]
    assert submitted[0][1]["size"] == "0.5"
    assert submitted[0][1]["ts_utc"] == closed.isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )


def test_a_file_says_parameters_as_strategies_take_them(tmp_path: Path) -> None:
    path = tmp_path / "strategist.yaml"
    one = CROSS.model_dump(mode="json") | {"interval": "15m"}
    path.write_text(f"strategies: [{json.dumps(one)}]")
    settings = StrategistSettings.model_construct(strategist_file=path, perpetuals_file=None)
    [run] = live_runs(settings)
    assert run.configured.params == {"fast": 3, "slow": 8}


def test_a_file_that_is_wrong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "strategist.yaml"
    path.write_text("strategies: [{source: one}]")
    with pytest.raises(ConfigurationError, match=r"TRADEWIND_STRATEGIST_FILE: strategies\.0"):
        load_strategist_file(path)
    assert load_strategist_file(None) == ()


def test_what_closes_a_position_is_a_closing_signal() -> None:
    live = LiveRun(CROSS, load("ema_cross"))
    candles = random_candles(BARS)
    expected = signals_of(load("ema_cross"), candles, {"fast": 3, "slow": 8})
    row = next(
        row
        for row, side in zip(expected.rows.tolist(), expected.sides.tolist(), strict=True)
        if side != 1
    )
    said = live.take(series_of(candles, 0, row + 1))
    assert said is not None
    signal = signal_of(live, said)
    assert (signal.event_type, signal.signal_direction) == ("CLOSE_SIGNAL", "close_long")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"interval": "1m"}, "candles of 15m, 1h, 4h, not of 1m"),
        ({"coin": "BTC"}, "ETH of coin BTC"),
        ({"symbol": "DOGE"}, "DOGE of coin ETH"),
    ],
)
def test_a_market_without_candles_is_refused(
    tmp_path: Path, changed: dict[str, str], words: str
) -> None:
    path = tmp_path / "strategist.yaml"
    one = CROSS.model_dump(mode="json") | {"interval": "15m"} | changed
    path.write_text(json.dumps({"strategies": [one]}))
    settings = StrategistSettings.model_construct(strategist_file=path, perpetuals_file=None)
    with pytest.raises(ConfigurationError, match=words):
        live_runs(settings)
