"""A position belongs to a stream: one in another stream begins at the first event."""

import asyncio

from tests.unit.gateway.stream_harness import StreamHarness


async def test_a_position_in_another_stream_begins_at_the_first_event() -> None:
    """Given a cursor from before the stream began again, below its end: nothing is passed over."""
    harness = StreamHarness()
    harness.hub.begin(0, "second")
    harness.store_events(5)
    async with harness.connection() as connection:
        cursor = {"stream": "first", "sequence": 3}
        connection.send(action="subscribe", topics=["*"], resumeFrom=cursor)
        subscribed, gap = await connection.receive(), await connection.receive()
        assert (subscribed["type"], subscribed["stream"]) == ("subscribed", "second")
        assert gap == {
            "type": "gap",
            "from": 1,
            "to": 3,
            "reason": "stream_reset",
            "stream": "second",
            "sequence": 0,
        }
        assert await connection.receive_sequences(5) == [1, 2, 3, 4, 5]
        live = await connection.receive()
        assert (live["type"], live["sequence"], live["stream"]) == ("live", 5, "second")


async def test_a_position_in_this_stream_goes_on_after_it() -> None:
    harness = StreamHarness()
    harness.hub.begin(0, "second")
    harness.store_events(5)
    async with harness.connection() as connection:
        cursor = {"stream": "second", "sequence": 3}
        connection.send(action="subscribe", topics=["*"], resumeFrom=cursor)
        assert (await connection.receive())["type"] == "subscribed"
        assert await connection.receive_sequences(2) == [4, 5]


async def test_a_stream_that_begins_again_during_a_replay_loses_nothing() -> None:
    """Given a replay that is held up while the stream starts over: the first events still come."""
    harness = StreamHarness()
    harness.hub.begin(0, "first")
    harness.store_events(5)
    async with harness.connection() as connection:
        connection.reading.clear()
        connection.send(action="subscribe", topics=["*"], resumeFrom=2)
        await asyncio.sleep(0.01)
        harness.store.messages.clear()
        harness.hub.restart(0, "second")
        harness.store_events(2)
        connection.reading.set()
        frames = [await connection.receive()]
        while frames[-1].get("type") != "live":
            frames.append(await connection.receive())
    assert frames[-1]["stream"] == "second"
    assert [one["streamSequence"] for one in frames if "type" not in one][-2:] == [1, 2]
