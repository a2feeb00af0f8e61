"""The documents a newcomer reads name places that exist, and what they link to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = (
    *("README.md", "CHANGELOG.md", "docs/ARCHITECTURE.md", "docs/ONBOARDING.md"),
    *("docs/GLOSSARY.md", "docs/STYLE.md", "docs/chaos.md", "docs/telemetry.md"),
)
TREE = ("docs/ARCHITECTURE.md", "docs/ONBOARDING.md")
"""The pages that tell where things are."""
BUILT = ("web/dist",)
"""What no checkout has before it is built."""
LEAST_PLACES = 20
PATH = re.compile(r"`([a-z_]+(?:/[A-Za-z0-9_.<>-]+)+/?)`|`([a-z_]+/)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PLACEHOLDER = re.compile(r"<[a-z_]+>")
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


def prose_of(page: str) -> str:
    """Return a page without its blocks of code."""
    return FENCED.sub("", (ROOT / page).read_text())


def paths_of(page: str) -> set[str]:
    return {path or room for path, room in PATH.findall(prose_of(page))}


def exists(path: str) -> bool:
    """Return whether there is such a place; a placeholder stands for at least one name."""
    return path in BUILT or any(True for _ in ROOT.glob(PLACEHOLDER.sub("*", path.rstrip("/"))))


@pytest.mark.parametrize("page", PAGES)
def test_every_path_in_backticks_exists(page: str) -> None:
    assert [path for path in sorted(paths_of(page)) if not exists(path)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_somewhere(page: str) -> None:
    targets = (target for target in LINK.findall(prose_of(page)) if "://" not in target)
    assert [one for one in targets if not ((ROOT / page).parent / one).exists()] == []


@pytest.mark.parametrize("page", TREE)
def test_the_pages_that_tell_where_things_are_name_places(page: str) -> None:
    assert len(paths_of(page)) >= LEAST_PLACES


def test_the_architecture_leaves_no_room_out() -> None:
    rooms = [path.parent.relative_to(ROOT) for path in ROOT.glob("*/__init__.py")]
    rooms += [path.parent.relative_to(ROOT) for path in ROOT.glob("tradewind/*/__init__.py")]
    words = re.findall(r"`([a-z_/]+)`", prose_of("docs/ARCHITECTURE.md"))
    named = {word.rstrip("/") for word in words}
    shown = named | {str(Path(name).parent) for name in named}
    assert sorted(str(room) for room in rooms if str(room) not in shown) == []


def test_a_place_that_is_not_there_is_noticed() -> None:
    assert not exists("tradewind/no_such_room/")
    assert not exists("tests/<distance>/no_such_file.py")
    assert exists("tests/<distance>/__init__.py")
    assert exists("docs/runbooks/")
