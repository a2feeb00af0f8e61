"""Loads the annotated `queries.sql` of a package, where statements longer than a line are kept."""

import re
from collections.abc import Mapping
from importlib import resources
from typing import Final

_HEADER: Final = re.compile(r"-- ([a-z_]+): \S.*")
_INCLUSION: Final = re.compile(r"^\{([a-z_.]+)\}$", re.MULTILINE)


def load_queries(package: str) -> dict[str, str]:
    """Return the statements of a package's `queries.sql` by their names.

    A module binds the ones it needs when it is imported, so that a wrong name is a KeyError then.
    """
    return parse_queries(resources.files(package).joinpath("queries.sql").read_text())


def parse_queries(text: str) -> dict[str, str]:
    """Return the statements of a text by name; ValueError for a block without a name of its own.

    Empty lines divide blocks. A block begins with `-- name: what it is for`; one that consists of
    comments is prose and skipped. A line `{name}` is replaced by the earlier statement so named,
    and `{package.name}` by the one so named in another room, which is thus written once.
    """
    queries: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", text.strip()):
        header, _, statement = block.partition("\n")
        if all(line.startswith("--") for line in block.splitlines()):
            continue
        named = _HEADER.fullmatch(header)
        if named is None or named[1] in queries:
            raise ValueError(f"no name, or one that is taken: {header}")
        queries[named[1]] = _INCLUSION.sub(lambda found: _included(found[1], queries), statement)
    return queries


def _included(name: str, queries: Mapping[str, str]) -> str:
    room, _, statement = name.rpartition(".")
    return load_queries(room)[statement] if room else queries[name]
