"""`tradewind worker --reload` notices every change of a source file."""

import os
from pathlib import Path

from tradewind.operations.cli.worker import SourceWatch


def test_a_change_an_addition_and_a_removal_are_noticed(tmp_path: Path) -> None:
    package = tmp_path / "actors" / "planner"
    package.mkdir(parents=True)
    source = package / "planning.py"
    source.write_text("")
    (package / "notes.txt").write_text("")

    watch = SourceWatch(tmp_path)
    assert not watch.has_changed()
    (package / "notes.txt").write_text("not Python")
    assert not watch.has_changed()
    os.utime(source, (1, 1))
    assert watch.has_changed()

    watch = SourceWatch(tmp_path)
    added = package / "quoting.py"
    added.write_text("")
    assert watch.has_changed()

    watch = SourceWatch(tmp_path)
    added.unlink()
    assert watch.has_changed()
