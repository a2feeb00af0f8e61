"""Reads the files of the dashboard into memory, with their compressed copies."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from gateway.http.encodings import BROTLI, GZIP
from tradewind.errors import ConfigurationError

MAX_FILES: Final = 2_000
MAX_BYTES: Final = 64 * 1024**2
PAGES_FILE: Final = ".vite/pages.json"
"""Where the build lists the addresses of the pages: `["/", "/intent/$intentId"]`."""
_SUFFIXES: Final = {".br": BROTLI, ".gz": GZIP}
_MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_ANYTHING: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file: as it is, and compressed."""

    content: bytes
    media_type: str
    digest: str
    """Of the content: another one is another file."""
    encoded: Mapping[str, bytes]
    """Compressed content by its encoding, the best first."""


def read_files(directory: Path) -> dict[str, BuiltFile]:
    """Return every file by its path in an address; none where there is no such directory.

    Hidden files and links are left out. Nothing is read later: what is built meanwhile is served by
    the next start, whole, and no request can name a file that is not here.
    """
    found = dict(_contents(directory))
    return {
        name: _file(name, content, found)
        for name, content in found.items()
        if Path(name).suffix not in _SUFFIXES
    }


def read_pages(directory: Path) -> Sequence[re.Pattern[str]]:
    """Return what the addresses of pages look like."""
    try:
        return [_pattern(path) for path in json.loads((directory / PAGES_FILE).read_text())]
    except FileNotFoundError:
        return []


def _contents(directory: Path) -> Iterator[tuple[str, bytes]]:
    size_bytes = count = 0
    for parent, folders, names in directory.walk():
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (parent / name for name in sorted(names) if not name.startswith(".")):
            if path.is_symlink() or not path.is_file():
                continue
            count, size_bytes = count + 1, size_bytes + path.stat().st_size
            if count > MAX_FILES or size_bytes > MAX_BYTES:
                raise ConfigurationError(
                    f"TRADEWIND_DASHBOARD_DIRECTORY is wrong: {directory} has more than "
                    f"{MAX_FILES} files or {MAX_BYTES} bytes, a dashboard has not"
                )
            yield "/" + path.relative_to(directory).as_posix(), path.read_bytes()


def _file(name: str, content: bytes, found: Mapping[str, bytes]) -> BuiltFile:
    return BuiltFile(
        content,
        _MEDIA_TYPES.get(Path(name).suffix, _ANYTHING),
        sha256(content).hexdigest()[:32],
        {
            encoding: found[name + suffix]
            for suffix, encoding in _SUFFIXES.items()
            if name + suffix in found
        },
    )


def _pattern(path: str) -> re.Pattern[str]:
    """Return what matches an address of the client's routes, with or without a slash at its end."""
    parts = [_part(part) for part in path.split("/") if part]
    return re.compile("".join(parts) + "/?", re.ASCII)


def _part(text: str) -> str:
    if text == "$":
        return "/.+"
    if text.startswith("$"):
        return "/[^/]+"
    return f"(?:/{'[^/]+'})?" if text.startswith("{-$") else "/" + re.escape(text)
