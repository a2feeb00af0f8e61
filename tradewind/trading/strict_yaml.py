"""Reads a small YAML file that a person wrote, without what makes YAML surprising or expensive.

It takes no tags, no anchors and no key twice, and nothing beyond a size and a depth. Every scalar
is the string that is written, so `1.10`, `no` and a date are what they look like: whoever asked
for the file validates it in a model, which says what is a number.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

MAX_DEPTH: Final = 16
WIDE_ENCODINGS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
LOADER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
NULLS: Final = ("", "~", "null")


class InvalidYaml(ValueError):
    """The file is not the YAML we take; the message says where and why."""


def read_yaml(path: Path, max_bytes: int) -> Any:
    """Return what a file holds: mappings, sequences, strings and None; InvalidYaml."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise InvalidYaml(f"cannot read {path}: {error.strerror}") from None
    if len(data) > max_bytes:
        raise InvalidYaml(f"{path} is larger than {max_bytes:,} bytes")
    return parse_yaml(data)


def parse_yaml(data: bytes) -> Any:
    """Return what bytes hold; InvalidYaml."""
    if data.startswith(WIDE_ENCODINGS):
        raise InvalidYaml("it is UTF-16 or UTF-32: save it as UTF-8")
    try:
        return _document(yaml.parse(data.decode("utf-8-sig"), Loader=LOADER))
    except UnicodeDecodeError:
        raise InvalidYaml("it is not UTF-8") from None
    except yaml.YAMLError as error:
        raise InvalidYaml(" ".join(str(error).split())) from None


def _document(events: Iterator[yaml.Event]) -> Any:
    content: Any = None
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refusal(event, "only one document is taken")
            content = _value(next(events), events, 0)
    return content


def _value(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Any:
    if getattr(event, "anchor", None) is not None:
        raise _refusal(event, "anchors and aliases are not taken")
    if getattr(event, "tag", None) is not None:
        raise _refusal(event, "tags are not taken")
    if depth > MAX_DEPTH:
        raise _refusal(event, f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, depth)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(events, depth)
    assert isinstance(event, yaml.ScalarEvent)
    is_plain = event.style is None
    return None if is_plain and event.value in NULLS else event.value


def _mapping(events: Iterator[yaml.Event], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        name = _value(event, events, depth + 1)
        if not isinstance(name, str):
            raise _refusal(event, "a key must be a word")
        if name in found:
            raise _refusal(event, f"{name} is there twice")
        found[name] = _value(next(events), events, depth + 1)
    return found


def _sequence(events: Iterator[yaml.Event], depth: int) -> list[Any]:
    found: list[Any] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        found.append(_value(event, events, depth + 1))
    return found


def _refusal(event: yaml.Event, why: str) -> InvalidYaml:
    mark = event.start_mark
    assert mark is not None, "every event of a text has its place"
    return InvalidYaml(f"line {mark.line + 1}, column {mark.column + 1}: {why}")
