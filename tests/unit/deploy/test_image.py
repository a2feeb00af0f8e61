"""What the image lacks, no process asks for when it starts."""

import subprocess
import sys
import tomllib
from typing import Final

import pytest

import tradewind
from tradewind import CHECKOUT

WITHOUT_METADATA: Final = """
import importlib, importlib.metadata as metadata, sys
found = metadata.Distribution.from_name

def from_name(name):
    if name.startswith("tradewind"):
        raise metadata.PackageNotFoundError(name)
    return found(name)

metadata.Distribution.from_name = from_name
importlib.import_module(sys.argv[1])
"""


@pytest.mark.parametrize("module", ["gateway.app", "actors.__main__", "tradewind.operations.cli"])
def test_a_process_starts_where_its_code_lies_and_nothing_is_installed(module: str) -> None:
    started = subprocess.run(
        [sys.executable, "-c", WITHOUT_METADATA, module],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr


def test_the_code_and_the_project_have_one_version() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert tradewind.__version__ == project["version"]
