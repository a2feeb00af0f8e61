"""Field names as a client writes them: `assets[0].address`."""

import json
import re
from collections.abc import Sequence

MAX_KEY_CHARACTERS = 64
MAX_PATH_PARTS = 32
WHOLE_DOCUMENT = "body"

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


def format_path(parts: Sequence[str | int]) -> str:
    """Return the path of a value inside a JSON document; the whole document is `body`.

    Long keys are cut and unusual ones quoted, so the answer to a hostile key is harmless.
    """
    path = "".join(_format_part(part) for part in parts[:MAX_PATH_PARTS])
    return path.removeprefix(".") or WHOLE_DOCUMENT


def _format_part(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    key = part[:MAX_KEY_CHARACTERS]
    if _PLAIN_KEY.fullmatch(key):
        return f".{key}"
    return f"[{json.dumps(key)}]"
