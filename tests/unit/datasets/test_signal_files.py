"""Signals from any tool, and what spreadsheets must not make of them."""

from decimal import Decimal

import pytest

from tests.unit.datasets.workshop import INSTRUMENT, Workshop
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.export import export
from tradewind.datasets.load import load_signals

CSV = """\
time,instrument,side,size,limit_price,id
2025-01-01T00:00:00Z,ethereum-WETH-USDC,acquire,0.5,3000.25,first
2025-01-01T00:05:00Z,ethereum-WBTC-USDC,dispose,,,
2025-01-01T00:05:00Z,ethereum-WETH-USDC,close,,,=HYPERLINK("x")
"""
LINES = """\
{"time": "2025-01-01T00:00:00Z", "side": "acquire", "size": "0.5", "limit_price": 3000.25, "id": "first"}
{"time": 1735689900, "side": "dispose", "instrument": "ethereum-WBTC-USDC"}
{"time": 1735689900000, "side": "close", "id": "=HYPERLINK(\\"x\\")"}
"""  # noqa: E501


def test_signals_are_read_from_csv_and_json_lines(workshop: Workshop) -> None:
    made = workshop.make(workshop.file("signals.csv", CSV))
    assert workshop.make(workshop.file("signals", LINES)).dataset_id == made.dataset_id

    signals = load_signals(workshop.folder, made.dataset_id)

    assert signals.instruments == ("ethereum-WBTC-USDC", INSTRUMENT)
    assert signals.instrument_numbers.tolist() == [1, 0, 1]
    assert signals.sides.tolist() == [1, -1, 0]
    assert list(signals.sizes) == [Decimal("0.5"), None, None]
    assert list(signals.limit_prices) == [Decimal("3000.25"), None, None]
    assert list(signals.ids) == ["first", None, '=HYPERLINK("x")']


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_exported_signals_are_the_same_dataset(workshop: Workshop, kind: str) -> None:
    made = workshop.make(workshop.file("signals.csv", CSV))

    export(workshop.folder, made.dataset_id, kind, workshop.path / "out")

    assert workshop.make(workshop.path / "out").dataset_id == made.dataset_id


def test_no_cell_of_an_exported_csv_is_a_formula(workshop: Workshop) -> None:
    made = workshop.make(workshop.file("signals.csv", CSV))

    export(workshop.folder, made.dataset_id, "csv", workshop.path / "out")

    assert "\"'=HYPERLINK" in (workshop.path / "out").read_text()


def test_words_of_other_tools_are_said(workshop: Workshop) -> None:
    made = workshop.make(workshop.file("signals", "time,side\n2025-01-01,BUY\n2025-01-02,sell\n"))

    assert load_signals(workshop.folder, made.dataset_id).sides.tolist() == [1, -1]
    assert {note.code for note in made.repairs} == {"sides", "without_zone"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2025-01-01T00:00:00Z,,hold,,,", "row 1, side: 'hold' is none of"),
        ("2025-01-01T00:00:00Z,nonsense,close,,,", "row 1, instrument: 'nonsense'"),
        ("2025-01-01T00:00:00Z,,acquire,-1,,", "row 1, size: '-1' must be above 0"),
        ("2025-01-01T00:00:00Z,,acquire,,0,", "row 1, limit_price: '0' must be above 0"),
        (f"2025-01-01T00:00:00Z,,acquire,,,{'x' * 65}", "row 1, id: .* at most 64"),
        ("2025-01-01T00:00:00Z,,acquire,,,\x1b[31m", "row 1, id: .* printable"),
    ],
)
def test_a_wrong_signal_is_refused(workshop: Workshop, row: str, words: str) -> None:
    header = CSV.splitlines()[0]
    with pytest.raises(DatasetRefused, match=words):
        workshop.make(workshop.file("signals", f"{header}\n{row}\n"))
