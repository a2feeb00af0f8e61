"""Chooses the encoding of an answer by Accept-Encoding (RFC 9110, 12.5.3)."""

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers

from gateway.http.header_lists import list_elements, quality, with_parameters

GZIP: Final = "gzip"
BROTLI: Final = "br"
_IDENTITY: Final = "identity"
_LEAST_QUALITY: Final = 0.001
"""Of what is wanted at all."""


def preferred_encoding(headers: Headers, offered: Sequence[str]) -> str | None:
    """Return which of the offered encodings a client wants most; None for none of them.

    Where it has no preference, the first one that is offered counts. None is also the answer to who
    accepts nothing at all: that is worth less to anybody than an answer.
    """
    wanted = {}
    for element in list_elements(headers, "accept-encoding"):
        name, parameters = with_parameters(element)
        wanted[name.removeprefix("x-")] = quality(parameters)
    least = max(wanted.get(_IDENTITY, 0.0), _LEAST_QUALITY)
    qualities = {name: wanted.get(name, wanted.get("*", 0.0)) for name in offered}
    best = max(qualities, key=qualities.__getitem__, default=None)
    return None if best is None or qualities[best] < least else best
