"""Writes field names the way a client does: `assets[0].address`."""

import json
import re
from collections.abc import Sequence

from gateway.http.limits import MAX_SHOWN_KEY_CHARACTERS, MAX_SHOWN_PATH_PARTS

WHOLE_DOCUMENT = "body"

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


def format_path(parts: Sequence[str | int]) -> str:
    """Return the path of a value inside a JSON document; the whole document is `body`.

    Long keys are cut and unusual ones are quoted, so that a hostile key does no harm in the answer.
    """
    path = "".join(_format_part(part) for part in parts[:MAX_SHOWN_PATH_PARTS])
    return path.removeprefix(".") or WHOLE_DOCUMENT


def _format_part(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    key = part[:MAX_SHOWN_KEY_CHARACTERS]
    if _PLAIN_KEY.fullmatch(key):
        return f".{key}"
    return f"[{json.dumps(key)}]"
