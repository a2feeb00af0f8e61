"""The candles of every format are the same dataset."""

import gzip
import io
import json
import zipfile
from decimal import Decimal

import polars as pl
import pytest

from tests.unit.datasets.workshop import INSTRUMENT, MIDNIGHT_MS, MINUTE_MS, Workshop
from tradewind.datasets.load import load_candles

ROWS = (
    ("3337.78", "3340.1", "3335", "3338.25", "12.5"),
    ("3338.25", "3339", "3330.01", "3331", "7"),
    ("3331", "3332.5", "3330", "3330.75", "0.25"),
)
OPENED = [MIDNIGHT_MS + MINUTE_MS * number for number in range(len(ROWS))]
WRITTEN = ("2025-01-01 00:00:00", "2025-01-01 00:01:00", "2025-01-01 00:02:00")


def lines(times: list[str], separator: str = ",", end: str = "\n") -> str:
    rows = [separator.join((time, *row)) for time, row in zip(times, ROWS, strict=True)]
    return end.join(rows) + end


def frame() -> pl.DataFrame:
    columns = dict(
        zip(("open", "high", "low", "close", "volume"), zip(*ROWS, strict=True), strict=True)
    )
    floats = {name: [float(value) for value in values] for name, values in columns.items()}
    dates = pl.Series("date", OPENED).cast(pl.Datetime("ms", "UTC"))
    return pl.DataFrame([dates, *(pl.Series(name, values) for name, values in floats.items())])


def feather() -> bytes:
    target = io.BytesIO()
    frame().write_ipc(target, compression="lz4")
    return target.getvalue()


def parquet() -> bytes:
    target = io.BytesIO()
    frame().write_parquet(target)
    return target.getvalue()


def zipped(content: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ETHUSDT-1m-2025-01.csv", content)
    return target.getvalue()


def klines(factor: int) -> str:
    return "".join(
        f"{opened * factor},{','.join(row)},{(opened + 59_999) * factor},1,2,3,4,0\n"
        for opened, row in zip(OPENED, ROWS, strict=True)
    )


def arrays() -> str:
    rows = [f"[{opened},{','.join(row)}]" for opened, row in zip(OPENED, ROWS, strict=True)]
    return f"[{','.join(rows)}]"


def snapshot() -> str:
    return json.dumps(
        [
            {"t": opened, "T": opened + 59_999, "s": "ETH", "i": "1m", "n": 7}
            | dict(zip("ohlcv", row, strict=True))
            for opened, row in zip(OPENED, ROWS, strict=True)
        ]
    )


SECONDS = [str(one // 1_000) for one in OPENED]
ZONES = ["2025-01-01T01:00:00+01:00", "2025-01-01T00:01:00Z", "2024-12-31T19:02-0500"]
HEADER = "time,open,high,low,close,Volume\n"
FILES: dict[str, tuple[str | bytes, str, set[str]]] = {
    "ccxt": (arrays(), "ccxt", set()),
    "freqtrade feather": (feather(), "freqtrade_feather", set()),
    "parquet": (parquet(), "parquet", set()),
    "binance, milliseconds": (klines(1), "binance_vision", set()),
    "binance, microseconds": (klines(1_000), "binance_vision", {"microseconds"}),
    "binance, zip": (zipped(klines(1_000)), "binance_vision", {"microseconds"}),
    "gzip": (gzip.compress(klines(1).encode()), "binance_vision", set()),
    "hyperliquid": (snapshot(), "hyperliquid", set()),
    "tradingview": (HEADER + lines(SECONDS), "tradingview", {"seconds"}),
    "tradingview, zone": (
        HEADER + lines(ZONES),
        "tradingview",
        set(),
    ),
    "cryptodatadownload": (
        "https://www.CryptoDataDownload.com\nunix,date,open,high,low,close,Volume ETH,Volume USDT\n"
        + "".join(
            f"{opened},01.01.2025,{','.join(row)},9\n"
            for opened, row in reversed(list(zip(OPENED, ROWS, strict=True)))
        ),
        "cryptodatadownload",
        {"unsorted"},
    ),
    "backtesting.py": (
        ",Open,High,Low,Close,Volume\n" + lines(list(WRITTEN)),
        "backtesting_py",
        {"without_zone"},
    ),
    "semicolons, decimal commas, BOM, CRLF": (
        b"\xef\xbb\xbf"
        + (
            "Date;Open;High;Low;Close;Volume\r\n"
            + lines(list(WRITTEN), ";", "\r\n").replace(".", ",")
        ).encode(),
        "csv",
        {"without_zone"},
    ),
    "six columns without names": (lines([str(one) for one in OPENED]), "csv", set()),
    "twice": (HEADER + lines(SECONDS) * 2, "tradingview", {"seconds", "unsorted", "duplicates"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_format_is_recognised_by_its_content(workshop: Workshop, name: str) -> None:
    content, source, repairs = FILES[name]
    same = workshop.make(workshop.file("same", arrays()))

    made = workshop.make(workshop.file("no-name-helps.bin", content))

    assert made.dataset_id == same.dataset_id
    assert made.provenance.source == source
    assert {note.code for note in made.repairs} == repairs
    assert (made.interval, made.rows, made.missing) == ("1m", 3, 0)


def test_prices_are_read_to_the_digit(workshop: Workshop) -> None:
    made = workshop.make(workshop.file("candles", arrays()))

    candles = load_candles(workshop.folder, made.dataset_id)

    assert candles.instrument == INSTRUMENT
    assert candles.price_decimals == 2
    assert candles.open_times_ms.tolist() == OPENED
    for name, column in zip(
        ("open", "high", "low", "close"), zip(*ROWS, strict=True), strict=False
    ):
        assert getattr(candles, name).tolist() == [int(Decimal(one) * 100) for one in column]
    assert candles.volume.tolist() == [12.5, 7.0, 0.25]
    assert [str(getattr(candles, name).dtype) for name in ("open", "volume")] == [
        "int64",
        "float64",
    ]


def test_a_range_has_the_candles_that_open_in_it(workshop: Workshop) -> None:
    made = workshop.make(workshop.file("candles", arrays()))

    candles = load_candles(workshop.folder, made.dataset_id, OPENED[1], OPENED[2])

    assert candles.open_times_ms.tolist() == [OPENED[1]]


def test_several_files_are_one_history_with_gaps(workshop: Workshop) -> None:
    first = workshop.file("a", HEADER + f"{OPENED[0]},1,1,1,1,1\n{OPENED[1]},1,1,1,1,1\n")
    second = workshop.file("b", HEADER + f"{OPENED[1] + 3 * MINUTE_MS},1,1,1,1,1\n")

    made = workshop.make(second, first)

    assert (made.rows, made.gaps_total, made.missing) == (3, 1, 2)
    assert made.gaps[0].missing == 2
    assert made.provenance.detail == "b, a"


def test_a_candle_that_is_open_is_left_out(workshop: Workshop) -> None:
    now_ms = OPENED[2] + 30_000

    made = workshop.make(workshop.file("candles", arrays()), now_ms=now_ms)

    assert made.rows == 2
    assert [note.code for note in made.repairs] == ["open_candle"]


def test_of_two_candles_of_a_time_the_last_counts(workshop: Workshop) -> None:
    text = HEADER + f"{OPENED[0]},1,1,1,1,1\n{OPENED[0]},2,2,2,2,2\n{OPENED[1]},1,1,1,1,1\n"

    made = workshop.make(workshop.file("candles", text))

    assert [note.code for note in made.repairs] == ["conflicts"]
    assert load_candles(workshop.folder, made.dataset_id).open.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("price", "decimals", "kept", "repairs"),
    [
        ("0.000000000000000001", 18, 1, set()),
        ("1e-7", 7, 1, set()),
        ("0.00000000000000000051", 18, 1, {"rounded"}),
        ("123456789012.12345678", 6, 123456789012123457, {"rounded"}),
        ("999999999999999999", 0, 999999999999999999, set()),
    ],
)
def test_prices_of_any_size_are_kept_exactly_or_it_is_said(
    workshop: Workshop, price: str, decimals: int, kept: int, repairs: set[str]
) -> None:
    text = (
        HEADER + f"{OPENED[0]},{','.join([price] * 4)},1\n{OPENED[1]},{','.join([price] * 4)},1\n"
    )

    made = workshop.make(workshop.file("candles", text))

    candles = load_candles(workshop.folder, made.dataset_id)
    assert (candles.price_decimals, candles.open.tolist()) == (decimals, [kept, kept])
    assert {note.code for note in made.repairs} == repairs
