"""What the dev chain needs from npm, and what is said when it is not there."""

import json
from pathlib import Path

import pytest

from tradewind.operations.embedded.devchain import packages
from tradewind.operations.embedded.devchain.errors import DevChainUnavailable


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a package directory where nothing is installed, on a machine without programs."""
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"solc": "0.8.37"}}))
    monkeypatch.setattr(packages, "DIRECTORY", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def put_program(directory: Path, name: str) -> None:
    program = directory / "bin" / name
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)


def test_without_node(empty: Path) -> None:
    with pytest.raises(DevChainUnavailable, match=r"no anvil: Node\.js with npm is not installed"):
        packages.require()
    with pytest.raises(DevChainUnavailable, match="npm is not installed"):
        packages.install()


def test_with_node_and_without_packages(empty: Path) -> None:
    for name in ("node", "npm", "anvil"):
        put_program(empty, name)
    with pytest.raises(DevChainUnavailable, match="no contract artifacts: run `npm ci`"):
        packages.require()
    with pytest.raises(DevChainUnavailable, match="npm ci failed"):
        packages.install()


def test_an_older_package_is_not_the_pinned_one(empty: Path) -> None:
    installed = empty / "node_modules" / "solc"
    installed.mkdir(parents=True)
    for version, is_installed in (("0.8.1", False), ("0.8.37", True)):
        (installed / "package.json").write_text(json.dumps({"version": version}))
        assert packages.is_installed() is is_installed


def test_anvil_on_the_path_will_do(empty: Path) -> None:
    put_program(empty, "anvil")
    assert packages.anvil_binary() == empty / "bin" / "anvil"
