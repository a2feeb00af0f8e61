"""Tables name what ends first, and points survive being kept."""

from pathlib import Path

import pytest

from loadtest.scale.document import BEGIN, DOCUMENT, END, rendered, replaced
from loadtest.scale.points import read, write
from loadtest.scale.sheets import Sheet, foretold, sheets
from tests.unit.scale.test_model import MEASURED

WITH_SERVERS = MEASURED._replace(
    points=[
        one._replace(cpu_ms={**one.cpu_ms, "nats": 5.0, "redis": 1.0}) for one in MEASURED.points
    ],
    burst=MEASURED.burst._replace(cpu_ms={**MEASURED.burst.cpu_ms, "nats": 5.0, "redis": 1.0}),
)


def by_title() -> dict[str, Sheet]:
    return {sheet.title: sheet for sheet in sheets(WITH_SERVERS)}


def test_kept_points_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "scale.json"
    write(MEASURED, path)
    assert read(path) == MEASURED


def test_all_tables_have_rows_as_wide_as_their_headings() -> None:
    for sheet in by_title().values():
        assert {len(row) for row in sheet.rows} == {len(sheet.headings)}
        assert sheet.markdown().count("\n") == len(sheet.rows) + 1


def test_walls_are_told_in_their_order() -> None:
    first, *_ = by_title()["Walls, whatever cores there are"].rows
    assert first[0].startswith("EVENTS")
    assert first[1] == "160"


def test_a_change_moves_the_last_end() -> None:
    rows = {row[0]: row for row in by_title()["What a change gives"].rows}
    assert rows["as it is"][-2:] == ["160", "EVENTS, one message after the other: 160"]
    assert rows["three replicas of the stream"][-1] != rows["as it is"][-1]


def test_without_a_cluster_its_rows_are_left_out() -> None:
    alone = WITH_SERVERS._replace(three_brokers=None)
    changes = {row[0] for sheet in sheets(alone) for row in sheet.rows if "replicas" in row[0]}
    assert not changes


def test_the_highest_rate_is_foretold_by_the_others_only() -> None:
    assert foretold(MEASURED) is None
    three = [MEASURED.points[0]._replace(per_second=rate) for rate in (10, 20, 30)]
    assert foretold(MEASURED._replace(points=three)) == pytest.approx(0.0, abs=0.01)


def test_the_document_has_a_place_for_the_tables() -> None:
    text = DOCUMENT.read_text()
    assert text.count(BEGIN) == text.count(END) == 1
    once = replaced(text, rendered(WITH_SERVERS))
    assert "| as it is |" in once
    assert replaced(once, rendered(WITH_SERVERS)) == once


def test_a_document_without_a_place_is_left_alone() -> None:
    with pytest.raises(ValueError, match="has no"):
        replaced("# Capacity\n", "tables")
