"""Files are read by a process whose memory is limited, and which knows nothing of ours."""

from pathlib import Path

import pytest

from tests.unit.datasets.workshop import MIDNIGHT_MS, MINUTE_MS, Workshop
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.reader_process import read_apart

LIMIT = 4 * 1024**3
ROWS = "".join(f"{MIDNIGHT_MS + MINUTE_MS * n},1,2,1,2,5\n" for n in range(3))


def test_another_process_reads_the_same(workshop: Workshop) -> None:
    path = workshop.file("candles", f"time,open,high,low,close,volume\n{ROWS}")
    told: list[str] = []
    request = workshop.request(path)

    def write(target: Path) -> object:
        return read_apart(request, workshop.path, target, told.append, LIMIT)

    made = workshop.maker.make(write)  # type: ignore[arg-type]

    assert made.dataset_id == workshop.make(path).dataset_id
    assert told == ["candles"]


def test_what_it_refuses_and_its_end_are_told(workshop: Workshop) -> None:
    wrong = workshop.request(workshop.file("candles", "nonsense\n"))
    target = workshop.path / "target"

    with pytest.raises(DatasetRefused, match="candles: "):
        read_apart(wrong, workshop.path, target, lambda name: None, LIMIT)
    with pytest.raises(DatasetRefused, match="TRADEWIND_DATASET_MAX_MEMORY_BYTES"):
        read_apart(wrong, workshop.path, target, lambda name: None, 64 * 1024**2)
