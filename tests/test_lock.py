"""requirements.lock holds what pyproject.toml asks for, and no registry's address."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text()


def _locked() -> dict[str, str]:
    """Return the version of every locked package."""
    found = re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", LOCK, re.MULTILINE)
    return dict(found)


def _wanted() -> dict[str, str]:
    """Return every package asked for with its pin, empty for none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    requirements = list(project["project"]["dependencies"])
    for group in project["dependency-groups"].values():
        requirements += group
    for extra in project["project"]["optional-dependencies"].values():
        requirements += [one for one in extra if not one.startswith("tradewind[")]
    split = [requirement.partition("==") for requirement in requirements]
    return {re.sub(r"\[.*\]", "", name).lower(): pin for name, _, pin in split}


def test_every_dependency_is_locked_at_its_pin() -> None:
    locked = _locked()
    stale = {
        name: (pin, locked.get(name))
        for name, pin in _wanted().items()
        if name not in locked or (pin and pin != locked[name])
    }
    assert stale == {}, "run `make lock`"


def test_every_locked_package_has_a_hash_and_no_address() -> None:
    assert "://" not in LOCK
    for block in re.split(r"\n(?=[a-z0-9])", LOCK.strip()):
        assert "--hash=sha256:" in block
