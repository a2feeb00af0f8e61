"""The frames in which the backtester and its child process talk: a tag, a length and bytes.

The bytes are JSON. Nothing is ever unpickled: a strategy's process could have written it.
"""

import asyncio
import struct
from enum import IntEnum
from typing import BinaryIO, Final, NamedTuple

MAX_FRAME_BYTES: Final = 8 * 1024**2
MAX_ANSWER_BYTES: Final = 256 * 1024**2
"""Of all frames of an answer; 25,000 trades with what they read are about 60 MiB."""
_HEADER: Final = struct.Struct(">BI")


class Tag(IntEnum):
    """What is in a frame."""

    HEAD = 1
    """The request, or the answer beside its rows."""
    TRADES = 2
    """A JSON array of rows of trades."""
    POINTS = 3
    """A JSON array of equity points."""
    ROWS = 4
    """A JSON array of what results are made of."""
    RECORDS = 5
    """A JSON array of what the engine recorded of trades."""
    END = 6
    """Nothing; the request or the answer is whole."""
    RECORDED = 7
    """Of a request: a part of what the run reads of the ledger."""


class Frame(NamedTuple):
    """A frame."""

    tag: Tag
    data: bytes


class FrameError(ValueError):
    """What came through the pipe is no frame, or too large for one."""


def packed(frame: Frame) -> bytes:
    """Return a frame as it is written; FrameError when it is too large."""
    if len(frame.data) > MAX_FRAME_BYTES:
        raise FrameError(f"{frame.tag.name}: {len(frame.data)} of {MAX_FRAME_BYTES} bytes")
    return _HEADER.pack(frame.tag, len(frame.data)) + frame.data


async def read_answer(stream: asyncio.StreamReader) -> list[Frame]:
    """Return the frames up to END, without it.

    IncompleteReadError when the stream ends before; FrameError for what is no answer.
    """
    frames: list[Frame] = []
    total = 0
    while True:
        frame = _unpacked(await stream.readexactly(_HEADER.size))
        total += frame[1]
        if total > MAX_ANSWER_BYTES:
            raise FrameError(f"the answer has more than {MAX_ANSWER_BYTES} bytes")
        data = await stream.readexactly(frame[1])
        if frame[0] is Tag.END:
            return frames
        frames.append(Frame(frame[0], data))


def read_request(stream: BinaryIO) -> list[Frame] | None:
    """Return the frames of the next request up to END; None at the end of the stream."""
    frames: list[Frame] = []
    while True:
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return None
        tag, length = _unpacked(header)
        data = stream.read(length)
        if len(data) < length:
            return None
        if tag is Tag.END:
            return frames
        frames.append(Frame(tag, data))


def _unpacked(header: bytes) -> tuple[Tag, int]:
    number, length = _HEADER.unpack(header)
    if length > MAX_FRAME_BYTES or number not in Tag:
        raise FrameError(f"tag {number}, {length} bytes")
    return Tag(number), length
