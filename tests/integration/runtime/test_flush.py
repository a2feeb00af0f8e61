"""Whoever flushes knows that the server has what was sent."""

from tradewind.runtime import connect
from tradewind.runtime.queries import Questions, answering

SUBSCRIPTIONS = 100


async def test_a_question_finds_who_subscribed_before_it(nats_url: str) -> None:
    """Given many subscriptions, then none is missing: a PING alone overtakes one in ten."""

    async def echo(question: bytes) -> bytes:
        return question

    async with await connect(nats_url, name="asks") as asking:
        questions = Questions(asking, timeout_seconds=5)
        for _ in range(SUBSCRIPTIONS):
            async with (
                await connect(nats_url, name="answers") as connection,
                answering(connection, "query.echo", echo),
            ):
                await connection.flush()
                assert await questions.ask("query.echo", b"why") == b"why"
