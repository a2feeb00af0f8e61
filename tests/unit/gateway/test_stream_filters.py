"""Clients of the stream hear of the models, symbols and types of signals that they ask for."""

from typing import Any
from unittest.mock import patch

import pytest

from gateway.http.problems import Problem
from gateway.routes.stream import decisions_wanted
from gateway.stream.facets import Facets
from gateway.stream.messages import InvalidMessage, facets_of, parse_message
from tests.support.signal_histories import observed_signal, rejected_signal
from tests.unit.gateway.stream_harness import StreamHarness
from tests.unit.gateway.support import stored
from tradewind.contracts.envelope import AnyEvent

CLOSING = {"event_type": "CLOSE_SIGNAL", "signal_direction": "close_long", "symbol": "BTC"}
HISTORIES = [observed_signal(1), rejected_signal(2, symbol="BTC"), observed_signal(3, **CLOSING)]
EVENTS: list[AnyEvent] = [event for history in HISTORIES for event in history]


def publish(stream: StreamHarness, events: list[AnyEvent]) -> None:
    for event in events:
        message = stored(event, len(stream.store.messages) + 1)
        stream.store.messages.append(message)
        stream.hub.publish(message)


def expected(topic: str, model: str | None, symbol: str | None, kind: str | None) -> list[int]:
    """Return the sequences of the events that fit, told by the histories themselves."""
    wanted = []
    for number, event in enumerate(EVENTS, start=1):
        history = next(one for one in HISTORIES if event in one)
        signal = history[0].payload.terms.signal
        if (
            event.topic.startswith(topic)
            and model in (None, getattr(event.payload, "model", ""))
            and symbol in (None, signal.symbol)
            and kind in (None, signal.event_type)
        ):
            wanted.append(number)
    return wanted


@pytest.mark.parametrize(
    ("topics", "chosen"),
    [
        (["decision.*"], {}),
        (["decision.*"], {"model": ["gpt-5.4-mini"]}),
        (["decision.*"], {"symbol": ["BTC"]}),
        (["signal.*"], {"symbol": ["BTC"], "event_type": ["CLOSE_SIGNAL"]}),
        (["*"], {"symbol": ["BTC"], "event_type": ["OPEN_SIGNAL"]}),
        (["decision.made"], {"model": ["baseline"], "event_type": ["CLOSE_SIGNAL"]}),
    ],
    ids=str,
)
@pytest.mark.parametrize("is_replayed", [False, True])
async def test_a_filter_leaves_out_what_it_does_not_name(
    topics: list[str], chosen: dict[str, list[str]], is_replayed: bool
) -> None:
    stream = StreamHarness()
    (topic,) = topics
    domain = topic.rstrip("*")
    values = [chosen.get(name, [None])[0] for name in ("model", "symbol", "event_type")]
    wanted = expected(domain, *values)
    assert wanted
    async with stream.connection() as client:
        if is_replayed:
            publish(stream, EVENTS)
        client.send(action="subscribe", topics=topics, filter=chosen, **_from(is_replayed))
        answer = await client.receive()
        assert answer["filter"] == chosen
        if not is_replayed:
            publish(stream, EVENTS)
        assert await client.receive_sequences(len(wanted)) == wanted
        client.send(action="ping")
        following = [await client.receive() for _ in range(2 if is_replayed else 1)]
        assert following[-1]["type"] == "pong"


def _from(is_replayed: bool) -> dict[str, Any]:
    return {"resumeFrom": 0} if is_replayed else {}


async def test_one_subscription_is_taken_back_with_the_same_filter() -> None:
    stream = StreamHarness()
    async with stream.connection() as client:
        for model in ("baseline", "gpt-5.4-mini"):
            client.send(action="subscribe", topics=["decision.*"], filter={"model": [model]})
            await client.receive()
        client.send(action="unsubscribe", topics=["decision.*"], filter={"model": ["baseline"]})
        await client.receive()
        publish(stream, HISTORIES[0])
        assert (await client.receive())["payload"]["model"] == "gpt-5.4-mini"


async def test_a_filter_is_looked_at_once_an_event_however_many_clients_have_it() -> None:
    stream, looked = StreamHarness(), []
    match = Facets.match

    def counted(facets: Facets, facts: Any) -> bool:
        looked.append(facts)
        return match(facets, facts)

    async with stream.connection() as first, stream.connection() as second:
        for client in (first, second):
            client.send(action="subscribe", topics=["decision.*"], filter={"symbol": ["ETH"]})
            await client.receive()
        with patch.object(Facets, "match", counted):
            publish(stream, HISTORIES[0])
        for client in (first, second):
            assert await client.receive_sequences(3) == [3, 4, 6]
    assert len(looked) == 3


@pytest.mark.parametrize(
    "chosen",
    [
        '{"model": []}',
        '{"model": "baseline"}',
        '{"symbol": ["E TH"]}',
        '{"event_type": ["BUY"]}',
        '{"source": ["trend"]}',
        f'{{"model": {["m"] * 17}}}'.replace("'", '"'),
    ],
)
def test_a_filter_that_is_none_is_refused(chosen: str) -> None:
    with pytest.raises(InvalidMessage, match="filter"):
        parse_message(f'{{"action": "subscribe", "topics": ["*"], "filter": {chosen}}}')


def test_a_client_of_the_seed_says_all_in_its_address() -> None:
    scope = {"type": "websocket", "query_string": b"model=a,b&symbol=ETH", "headers": []}
    command = decisions_wanted(scope)
    assert command.topics == ("decision.made",)
    assert facets_of(command.filter) == Facets(frozenset("ab"), frozenset({"ETH"}))


@pytest.mark.parametrize("query", ["model=", "side=long", "model=a&model=b", "event_type=BUY"])
def test_a_wrong_address_of_the_seed_is_refused(query: str) -> None:
    scope = {"type": "websocket", "query_string": query.encode(), "headers": []}
    with pytest.raises(Problem, match="INVALID_PARAMETER"):
        decisions_wanted(scope)


async def test_the_other_address_needs_no_subscription() -> None:
    stream = StreamHarness()
    opening = parse_message('{"action": "subscribe", "topics": ["decision.made"]}')
    async with stream.connection(opening=opening) as client:
        assert (await client.receive())["type"] == "subscribed"
        publish(stream, HISTORIES[0])
        assert await client.receive_sequences(2) == [3, 4]
