"""A coordinator that runs goes on with the stream that there is, and says so in the ledger."""

from nats.js.errors import NotFoundError

from tests.integration.ledger.harness import LedgerHarness, interleaved
from tests.support.histories import History
from tests.support.waiting import wait_until
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.append.incarnation import Incarnations, StreamPosition
from tradewind.runtime import declare_streams

EARLIER = [History(number) for number in range(1, 4)]
LATER = [History(4)]


async def _stream_end(harness: LedgerHarness) -> StreamPosition:
    info = await harness.connection.jetstream.stream_info(EVENTS_STREAM)
    assert info.created is not None
    return StreamPosition(info.created.isoformat(), info.state.last_seq)


async def test_a_stream_that_is_replaced_without_a_disconnect(harness: LedgerHarness) -> None:
    """Given fewer events than before, then the ledger was read up to these, of the new stream."""
    written = Incarnations(harness.pool).written
    async with harness.coordinator():
        await harness.publish(*interleaved(EARLIER))
        await harness.drained()
        before = await written()
        assert before == await _stream_end(harness)
        await harness.connection.jetstream.delete_stream(EVENTS_STREAM)
        await declare_streams(harness.connection)

        async def is_consumed() -> bool:
            try:
                return await harness.consumer() is not None
            except NotFoundError:
                return False

        await wait_until(is_consumed)
        await harness.publish(*interleaved(LATER))
        await harness.shows([*EARLIER, *LATER])
        await harness.drained()
        assert await written() == await _stream_end(harness)
        assert (await written()).sequence < before.sequence
    await harness.holds_exactly([*EARLIER, *LATER])
