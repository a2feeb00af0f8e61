"""The tap reads frames itself: a frame cut anywhere must come out whole, once and in order."""

import asyncio
import json

from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from loadtest.bench.frame_tap import open_tap, split_frame


async def test_the_tap_sees_what_a_real_server_sends() -> None:
    documents = [
        {"n": number, "padding": "x" * size} for number, size in enumerate((1, 200, 70_000))
    ]
    received: list[str | bytes] = []

    async def answer(connection: ServerConnection) -> None:
        received.append(await connection.recv())
        for document in documents:
            await connection.send(json.dumps(document))
        await connection.wait_closed()

    async with serve(answer, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        tap = await open_tap(f"http://127.0.0.1:{port}", {"action": "subscribe", "topics": ["*"]})
        async with asyncio.timeout(5):
            while len(list(tap.frames())) < len(documents):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        tap.close()

    assert [frame for _, frame in tap.frames()] == documents
    assert json.loads(received[0]) == {"action": "subscribe", "topics": ["*"]}


@given(st.binary(max_size=130), st.integers(0, 134))
def test_a_frame_that_is_not_whole_is_left_alone(payload: bytes, cut: int) -> None:
    length = len(payload)
    size = bytes((length,)) if length < 126 else bytes((126,)) + length.to_bytes(2)
    frame = b"\x81" + size + payload

    if cut < len(frame):
        assert split_frame(frame[:cut]) is None
    assert split_frame(frame + b"rest") == (1, payload, b"rest")
