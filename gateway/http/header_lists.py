"""Takes headers that are lists apart. A list may be spread over several lines of one name."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from starlette.datastructures import Headers

_QUOTED: Final = r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'
"""What is never closed goes on to the end: no text is read twice, however it is quoted."""
_ELEMENT: Final = re.compile(rf'(?:[^,"]|{_QUOTED})++', re.DOTALL)
_PARAMETER: Final = re.compile(rf'(?:[^;"]|{_QUOTED})++', re.DOTALL)


def list_elements(headers: Headers, name: str) -> Iterator[str]:
    """Yield the elements of a list, of all its lines; a comma in quotes separates none."""
    for line in headers.getlist(name):
        for element in _ELEMENT.findall(line):
            if element.strip():
                yield element.strip()


def with_parameters(element: str) -> tuple[str, list[tuple[str, str]]]:
    """Return what an element is, in lower case, and its parameters: `text/html; q=0.5`."""
    name, *parameters = _PARAMETER.findall(element) or [""]
    return name.strip().lower(), [_parameter(one) for one in parameters]


def quality(parameters: Iterable[tuple[str, str]]) -> float:
    """Return how much an element is wanted, from 0 to 1: its parameter `q`, 1 when it has none.

    What is no such number is not wanted.
    """
    for name, value in parameters:
        if name == "q":
            return _number(value)
    return 1.0


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if 0 <= number <= 1 else 0.0


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    value = value.strip()
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return name.strip().lower(), value
