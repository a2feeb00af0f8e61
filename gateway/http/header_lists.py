"""Takes headers that are lists apart. A list may be spread over several lines of one name."""

import re
from collections.abc import Iterator
from typing import Final

from starlette.datastructures import Headers

_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_ELEMENT: Final = re.compile(rf'(?:[^,"]|{_QUOTED}|")+')
_PARAMETER: Final = re.compile(rf'(?:[^;"]|{_QUOTED}|")+')


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


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    value = value.strip()
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return name.strip().lower(), value
