"""Takes a picture of every page: `python -m tests.e2e.shots DIRECTORY [--url URL]`.

Each is taken dark and light, wide and as wide as a phone, of a platform that runs already.
"""

import argparse
import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx2

from tests.e2e.pages import find_examples, page_paths
from tests.e2e.window import PHONE, WIDE, missing, open_window

SIZES: Final = {"wide": WIDE, "phone": PHONE}


async def take(url: str, directory: Path) -> Sequence[str]:
    """Write the pictures; return what the browser complained about meanwhile."""
    complaints: list[str] = []
    async with httpx2.AsyncClient(base_url=url) as client:
        paths = page_paths(await find_examples(client))
    for theme in ("dark", "light"):
        for name, size in SIZES.items():
            async with open_window(url, size, theme) as window:
                for path in paths:
                    await window.open(path)
                    await window.settled()
                    stem = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-") or "overview"
                    await window.page.screenshot(path=directory / f"{stem}-{theme}-{name}.png")
                complaints += window.unexpected
    return complaints


def main() -> int:
    """Return 1 when the browser complained."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.shots", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    options = parser.parse_args()
    if reason := missing():
        print(reason, file=sys.stderr)
        return 1
    options.directory.mkdir(parents=True, exist_ok=True)
    try:
        complaints = asyncio.run(take(options.url, options.directory))
    except LookupError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(complaints), file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
