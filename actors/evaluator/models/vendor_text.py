"""Takes from a vendor's answer only what has the shape it should have."""

import re
from typing import Any, Final

MAX_IDENTIFIER_CHARACTERS: Final = 100
MAX_TOKENS: Final = 2**31 - 1
_IDENTIFIER: Final = re.compile(
    rf"[A-Za-z0-9][A-Za-z0-9._:/@+-]{{0,{MAX_IDENTIFIER_CHARACTERS - 1}}}", re.ASCII
)


def safe_identifier(text: Any) -> str | None:
    """Return an id, a code or a name as it is; None for anything else a vendor may send."""
    return text if isinstance(text, str) and _IDENTIFIER.fullmatch(text) else None


def token_count(count: Any) -> int | None:
    """Return a number of tokens; None unless it is one."""
    is_count = isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MAX_TOKENS
    return count if is_count else None


def text_bytes(text: Any) -> bytes:
    """Return a model's text in UTF-8; nothing for None.

    Half a surrogate pair, which JSON can hold, stays recognizable as what is not valid UTF-8.
    """
    if text is None:
        return b""
    if not isinstance(text, str):
        raise TypeError("the text of an answer is no text")
    return text.encode("utf-8", "surrogatepass")
