"""Sorts samples of stacks by what the work was for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple


class Cause(StrEnum):
    """What a process does with its CPU."""

    PARSE = "parse"
    VALIDATE = "validate"
    HASH = "hash"
    WRITE = "write"
    PUBLISH = "publish"
    ACKNOWLEDGE = "acknowledge"
    SQL = "SQL"
    REDIS = "Redis"
    FRAMING = "framing"
    HTTP = "HTTP"
    OWN = "own code"
    LOOP = "loop"


class Stack(NamedTuple):
    """A stack of frames, outermost first, and in how many samples it was."""

    frames: Sequence[str]
    samples: int


class _Rule(NamedTuple):
    cause: Cause
    functions: tuple[str, ...]
    """Beginnings of the qualified name; empty for every function of the files."""
    files: tuple[str, ...]
    """Parts of the path; empty for every file."""

    def fits(self, function: str, path: str) -> bool:
        return (not self.functions or function.startswith(self.functions)) and (
            not self.files or any(part in path for part in self.files)
        )


_RULES: Final = (
    _Rule(
        Cause.ACKNOWLEDGE, ("PullConsumer._settle", "PullConsumer.ack", "PullConsumer._pull"), ()
    ),
    _Rule(Cause.PUBLISH, ("Publisher.",), ("runtime/publisher.py",)),
    _Rule(Cause.SQL, (), ("asyncpg/", "tradewind/queries.py")),
    _Rule(Cause.REDIS, (), ("redis/", "hiredis/")),
    _Rule(Cause.HASH, ("derive", "_derive", "content_of", "hash_of"), ()),
    _Rule(Cause.HASH, (), ("hashlib",)),
    _Rule(Cause.WRITE, ("BaseModel.model_dump", "format_timestamp", "_write_ulid"), ()),
    _Rule(Cause.WRITE, ("Event.to_bytes", "JSONEncoder", "dumps"), ()),
    _Rule(Cause.PARSE, ("BaseModel.model_validate_json", "JSONDecoder", "loads"), ()),
    _Rule(Cause.PARSE, ("_parse_", "parse_event", "read_message"), ("contracts/", "append/")),
    _Rule(Cause.VALIDATE, ("Event._check", "_check_ulid", "BaseModel.__init__"), ()),
    _Rule(Cause.VALIDATE, (), ("contracts/",)),
    _Rule(Cause.HTTP, (), ("uvicorn/", "starlette/", "gateway/http/", "httptools")),
    _Rule(Cause.FRAMING, (), ("nats/", "asyncio/streams.py", "gateway/stream/", "websockets/")),
    _Rule(Cause.LOOP, (), ("uvloop/", "asyncio/", "selectors.py", "contextlib.py", "__main__.py")),
    _Rule(Cause.OWN, (), ("tradewind/", "actors/", "gateway/")),
)
"""The first rule that fits a frame is its cause."""


def cause_of(frames: Sequence[str]) -> Cause:
    """Return what the work at the top of a stack is for; frames are `function (file:line)`.

    The loop is the cause of what nobody else asked for, and framing of what a connection does by
    itself; what either does for somebody belongs to them, own code excepted, which asks for all.
    """
    framed = False
    for frame in reversed(frames):
        cause = _of_frame(frame)
        if cause is Cause.FRAMING:
            framed = True
        elif cause is not None and cause is not Cause.LOOP:
            return Cause.FRAMING if framed and cause is Cause.OWN else cause
    return Cause.FRAMING if framed else Cause.LOOP


def shares(stacks: Iterable[Stack]) -> dict[Cause, float]:
    """Return the part of all samples that each cause has, the largest first."""
    counts: Counter[Cause] = Counter()
    for stack in stacks:
        counts[cause_of(stack.frames)] += stack.samples
    total = counts.total()
    return {cause: count / total for cause, count in counts.most_common()} if total else {}


def read_stacks(text: str) -> list[Stack]:
    """Return the stacks of collapsed lines, `frame;frame;frame 12`; ValueError for another line."""
    stacks = []
    for line in text.splitlines():
        frames, _, samples = line.rpartition(" ")
        if not frames:
            raise ValueError(f"no stack and number of samples: {line[:80]!r}")
        stacks.append(Stack(tuple(frames.split(";")), int(samples)))
    return stacks


def _of_frame(frame: str) -> Cause | None:
    function, _, place = frame.partition(" (")
    path = place.rpartition(":")[0]
    return next((rule.cause for rule in _RULES if rule.fits(function, path)), None)
