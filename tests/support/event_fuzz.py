"""Makes events, good and broken, and holds both ways to read them against each other."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from tradewind.contracts.envelope import AnyEvent, InvalidEvent, parse_by_models, read_canonical
from tradewind.contracts.ids import derive_event_id

ROOT: Final = Path(__file__).parents[1]
RECORDED: Final = ROOT / "unit" / "contracts" / "recorded_events.jsonl"
HISTORIES: Final = ROOT / "replay" / "histories"
VALUES: Final[Sequence[Any]] = (
    *(None, True, False, 0, -1, 1, 2, 65_536, 2**53, 2**63, 10**18, 10**30, 1.0, 1.5, -0.0, 1e300),
    *("", "a", " ", "\x00", "\x1f", "\x7f", "é", "\ud83d\ude00", 'a"b\\c/d\n', "a" * 33, "a" * 600),
    *("0", "-0", "00", "01", "1.", ".5", "1e5", "1E-7", "+1", "-1", "0.10", "1.0", "NaN", "1" * 41),
    *("0." + "1" * 36, "0." + "1" * 37, "9" * 77, "9" * 78, str(2**256 - 1), str(2**256), "\u0661"),
    *("2026-01-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2026-01-01T00:00:00Z"),
    *("2026-01-01T24:00:00.000Z", "2026-01-01T00:00:60.000Z", "2026-01-01T01:00:00.000+01:00"),
    *("0000-01-01T00:00:00.000Z", "2026-01-01T00:00:00.0009Z", "2026-01-01", "2026-1-1"),
    *("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01arz3ndektsv4rrffq69g5fav", "81ARZ3NDEKTSV4RRFFQ69G5FAV"),
    *("0x" + "0" * 40, "0x" + "a" * 40, "0x" + "f" * 64, "everything", "portfolio:fund", "wallet:"),
    *("true", "false", "direct", "ethereum", "1m", "5m\n", [], {}, [[]], {"a": "b"}, ["a", "a"]),
)
BYTES: Final = b'{}[]":,\\ \n0123456789abcdefuTZ.-+eE\x00\xff\xc3'


def recorded_bodies() -> list[bytes]:
    """Return the events of the golden histories, and older ones."""
    bodies = RECORDED.read_bytes().splitlines()
    for path in sorted(HISTORIES.glob("*.jsonl")):
        lines = map(json.loads, path.read_bytes().splitlines())
        bodies.extend(line["body"].encode() for line in lines if "body" in line)
    return bodies


def fuzzed(bodies: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Return so many events: a tenth as they are, the others broken once or a few times."""
    chance = random.Random(seed)
    for _ in range(count):
        body = chance.choice(bodies)
        for _ in range(chance.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 4))):
            body = chance.choice(_WAYS)(body, bodies, chance)
        yield body


def compare(data: bytes, seen: Counter[str]) -> None:
    """Read an event both ways; AssertionError where they differ. `seen` counts what happened."""
    fast = read_canonical(data)
    event: AnyEvent | None = None
    with suppress(InvalidEvent):
        event = parse_by_models(data)
    if event is None:
        assert fast is None, f"only Rust accepts {data!r}"
        seen["refused"] += 1
    elif fast is None:
        seen["left to the models" if event.to_bytes() != data else f"missed {event.topic}"] += 1
    else:
        assert event.to_bytes() == data, f"the models write otherwise: {data!r}"
        assert_same(fast, event)
        seen["read in Rust"] += 1


def assert_same(one: Any, other: Any) -> None:
    """Compare two values to the last detail: types, order, zones, digits and what was given."""
    assert type(one) is type(other), (one, other)
    if isinstance(one, BaseModel):
        assert one.model_fields_set == other.model_fields_set, (one, other)
        assert one.__pydantic_extra__ is other.__pydantic_extra__ is None
        assert one.__pydantic_private__ is other.__pydantic_private__ is None
        assert_same(one.__dict__, other.__dict__)
    elif isinstance(one, dict):
        assert list(one) == list(other), (one, other)
        for key, value in one.items():
            assert_same(value, other[key])
    elif isinstance(one, tuple):
        assert len(one) == len(other), (one, other)
        for left, right in zip(one, other, strict=True):
            assert_same(left, right)
    else:
        assert one == other, (one, other)
        assert repr(one) == repr(other), (one, other)


def _dump(document: Any, chance: random.Random) -> bytes:
    separators = (",", ":") if chance.random() < 0.95 else (", ", ": ")
    written = json.dumps(document, separators=separators, ensure_ascii=chance.random() < 0.05)
    return written.encode(errors="surrogatepass")


def _change_bytes(body: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    place, length = chance.randrange(len(body) + 1), chance.choice((0, 0, 1, 1, 1, 2, 9))
    added = bytes(chance.choices(BYTES, k=chance.choice((0, 1, 1, 1, 2))))
    return body[:place] + added + body[place + length :]


def _change_value(body: bytes, bodies: Sequence[bytes], chance: random.Random) -> bytes:
    try:
        document = json.loads(body)
        holder, key = chance.choice(list(_places(document)))
        if chance.random() < 0.4:
            others = list(_places(json.loads(chance.choice(bodies))))
            named = [one for one in others if one[1] == key] or others
            donor, place = chance.choice(named)
            holder[key] = donor[place]
        else:
            holder[key] = chance.choice(VALUES)
        return _dump(_identified(document, chance), chance)
    except (ValueError, IndexError, RecursionError):
        return body


def _change_keys(body: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    try:
        document = json.loads(body)
        holders = [holder for holder, _ in _places(document) if isinstance(holder, dict)]
        holder: dict[str, Any] = chance.choice([document, *holders])
        items = list(holder.items())
        way = chance.randrange(4)
        if way == 0 and items:
            items.pop(chance.randrange(len(items)))
        elif way == 1:
            chance.shuffle(items)
        elif way == 2:
            items.insert(chance.randrange(len(items) + 1), ("surprise", chance.choice(VALUES)))
        elif items:
            key, value = items.pop()
            snake = "".join(f"_{one.lower()}" if one.isupper() else one for one in key)
            items.append((snake if snake != key else key.title().replace("_", ""), value))
        holder.clear()
        holder.update(items)
        return _dump(_identified(document, chance), chance)
    except (ValueError, IndexError, RecursionError):
        return body


def _identified(document: Any, chance: random.Random) -> Any:
    """Give a changed event the id that is derived, mostly, or nothing else would be looked at."""
    if chance.random() < 0.9:
        try:
            place = document["correlationId"], document["sequence"], document["topic"]
            document["eventId"] = derive_event_id(*place)
        except (KeyError, TypeError, ValueError, AttributeError):
            pass
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    inside: Any = ()
    if isinstance(value, dict):
        inside = list(value)
    elif isinstance(value, list):
        inside = range(len(value))
    for key in inside:
        yield value, key
        yield from _places(value[key])


type _Way = Callable[[bytes, Sequence[bytes], random.Random], bytes]
_WAYS: Final[Sequence[_Way]] = (_change_bytes, _change_value, _change_value, _change_keys)
