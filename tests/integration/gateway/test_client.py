"""The Python client on a real gateway: both shells, retries, resuming, and gaps."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

import pytest
from tradewind_client import AsyncClient, Client, Gap, Intent, Position, Refused, Submission
from tradewind_client.calls import Answer
from tradewind_client.errors import InvalidRequest, NotFound, Unreachable
from tradewind_client.exchange import Attempt, Failure

from tests.integration.gateway.support import RunningGateway, until
from tests.unit.gateway.support import BODY

UNKNOWN_ID = "01J5S3Y4PEJHBJ5A7FYHBXQRFG"
CLOSED_PORT_URL = "http://127.0.0.1:9"


@pytest.fixture
async def client(running: RunningGateway) -> AsyncIterator[AsyncClient]:
    """Return a client of the running gateway."""
    async with AsyncClient(running.url) as client:
        yield client


async def test_an_intent_is_submitted_once_however_often(client: AsyncClient) -> None:
    intent = Intent.model_validate(BODY)
    first = await client.intents.submit(intent, idempotency_key="mine")
    again = await client.intents.submit(BODY, idempotency_key="mine")
    other = await client.intents.submit(BODY)
    assert first.intent_id == again.intent_id != other.intent_id
    assert (await client.intents.get(first.intent_id)).state == "submitted"


async def test_a_lost_answer_makes_no_second_intent(
    running: RunningGateway, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a request whose answer is lost on the way, then the retry gets the same intent."""
    sent: list[Submission] = []
    attempt = client._attempt

    async def lossy(one: Attempt) -> Answer | Failure:
        answer = await attempt(one)
        assert isinstance(answer, Answer)
        sent.append(Submission.model_validate_json(answer.body))
        return Failure("lost", was_sent=True) if len(sent) == 1 else answer

    monkeypatch.setattr(client, "_attempt", lossy)
    submission = await client.intents.submit(BODY)
    assert [one.intent_id for one in sent] == [submission.intent_id] * 2


async def test_problems_are_raised_by_kind(client: AsyncClient) -> None:
    with pytest.raises(NotFound, match="INTENT_NOT_FOUND") as unknown:
        await client.intents.get(UNKNOWN_ID)
    assert unknown.value.request_id
    with pytest.raises(InvalidRequest, match="VALIDATION_FAILED") as invalid:
        await client.intents.submit({**BODY, "amount": "-1"})
    assert [error["field"] for error in invalid.value.errors] == ["amount"]
    with pytest.raises(Refused, match="INVALID_PARAMETER"):
        await client.intents.get("no-ulid")


async def test_no_platform_is_unreachable() -> None:
    async with AsyncClient(CLOSED_PORT_URL, max_retries=1) as nowhere:
        with pytest.raises(Unreachable):
            await nowhere.intents.get(UNKNOWN_ID)
        with pytest.raises(Unreachable):
            await nowhere.position()


async def test_a_stream_misses_nothing_over_a_restart(
    running: RunningGateway, client: AsyncClient
) -> None:
    """Given a stream that the gateway closes half way, then every event comes once, in order."""
    before = await client.position()
    seen: list[int] = []

    async def follow() -> None:
        async for event in client.stream(["intent.*"], resume=before):
            seen.append(event.stream_sequence or 0)

    following = asyncio.ensure_future(follow())
    try:
        await running.publish(range(5))
        await until(lambda: len(seen) == 5)
        running.hub.close()
        await running.publish(range(5, 10))
        await until(lambda: len(seen) >= 10)
    finally:
        following.cancel()
    assert seen == [before.sequence + number for number in range(1, 11)]


async def test_a_stream_that_began_again_is_a_gap(
    running: RunningGateway, client: AsyncClient
) -> None:
    """Given a position in a stream that is gone, then this is said, and how to go on."""
    await running.publish(range(3))
    elsewhere = Position(70, "2020-01-01T00:00:00.000000+00:00")
    with pytest.raises(Gap, match="stream_reset") as gap:
        await anext(client.stream(resume=elsewhere))
    event = await anext(client.stream(resume=gap.value.resume))
    assert event.stream_sequence == 1


async def test_the_waiting_client_does_the_same(running: RunningGateway) -> None:
    def use() -> tuple[str, list[str], list[int | None]]:
        with Client(running.url) as client:
            before = client.position()
            ids = [client.intents.submit(BODY).intent_id for _ in range(2)]
            state = client.intents.get(ids[0]).state
            events = client.stream(["intent.submitted"], resume=before)
            seen: Iterator[Any] = islice(events, 2)
            found = [event.stream_sequence for event in seen]
            with pytest.raises(NotFound):
                client.plan(UNKNOWN_ID)
            return state, ids, found

    state, ids, found = await asyncio.to_thread(use)
    assert state == "submitted"
    assert len(set(ids)) == len(found) == 2
