"""Intents over HTTP, with the real broker, database and cache behind it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from nats.js.api import AckPolicy, ConsumerConfig
from pydantic import SecretStr

from gateway.http.limits import MAX_BODY_BYTES, MAX_HEAD_BYTES
from gateway.http.protocols import http as http_protocol
from tests.integration.gateway.support import RunningGateway, running_gateway
from tests.settings import Settings
from tests.unit.gateway.support import BODY, NOW, body_with, check_problem, make_event
from tradewind.contracts.envelope import AnyEvent, next_events, parse_event
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.roles import PLANNER_WORKERS
from tradewind.contracts.streams import EVENTS_STREAM, MESSAGE_ID_HEADER
from tradewind.contracts.trace_context import TRACEPARENT_HEADER, traceparent_of
from tradewind.ledger.append.incoming import Incoming, read_message
from tradewind.ledger.append.writer import Ledger
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import open_pool


async def record(settings: Settings, events: list[AnyEvent]) -> None:
    """Append events to the ledger, as the coordinator does."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value())
    batch = []
    for sequence, event in enumerate(events, start=1):
        incoming = read_message(event.subject, sequence, event.to_bytes())
        assert isinstance(incoming, Incoming)
        batch.append(incoming)
    await Ledger(pool).append(batch)
    await pool.close()


def rejection_of(cause: AnyEvent) -> AnyEvent:
    payload = RiskRejected(
        intent_id=cause.payload.intent_id,
        reason=RiskRejectionReason.NOTIONAL_LIMIT,
        detail="too much",
    )
    return next_events(cause, [payload], producer="risk", at=NOW)[0]


async def test_an_intent_is_in_the_stream_when_it_is_answered(running: RunningGateway) -> None:
    response = await running.client.post("/intents", json=BODY)
    assert response.status_code == 201
    stored = await running.connection.jetstream.get_msg(EVENTS_STREAM, 1)
    assert stored.data is not None
    event = parse_event(stored.data)
    assert event.payload.intent_id == response.json()["intent_id"]
    assert stored.subject == event.subject == "intent.submitted.ethereum-WETH-USDC.demo"
    context = traceparent_of(event.correlation_id, event.event_id, is_sampled=False)
    assert stored.headers == {MESSAGE_ID_HEADER: event.event_id, TRACEPARENT_HEADER: context}
    shown = (await running.client.get(response.headers["location"])).json()
    assert (shown["state"], shown["version"]) == ("submitted", 1)


async def test_the_portfolio_of_an_intent_is_part_of_its_subject(settings: Settings) -> None:
    configured = settings.model_copy(update={"strategy_portfolios": "demo=fund-1"})
    bodies = [BODY, body_with("portfolio_id", "fund-2"), body_with("strategy_id", "other")]
    async with running_gateway(configured) as running:
        for body in bodies:
            assert (await running.client.post("/intents", json=body)).status_code == 201
        stored = [
            await running.connection.jetstream.get_msg(EVENTS_STREAM, number)
            for number in range(1, len(bodies) + 1)
        ]
        shown = [parse_event(one.data or b"") for one in stored]
    assert [event.key.portfolio for event in shown] == ["fund-1", "fund-2", "other"]
    assert [one.subject for one in stored] == [event.subject for event in shown]
    assert shown[1].payload.intent.portfolio_id == "fund-2"


async def test_what_is_recorded_is_shown_without_a_cache(
    running: RunningGateway, settings: Settings
) -> None:
    first = make_event(1)
    second = rejection_of(first)
    await record(settings, [first, second])
    path = f"/intents/{first.payload.intent_id}"
    assert (await running.client.get(path)).json()["state"] == "risk_rejected"
    history = await running.client.get(f"{path}/events")
    assert history.content == (
        b'{"items":[' + first.to_bytes() + b"," + second.to_bytes() + b'],"next_cursor":null}'
    )


async def test_pages_of_intents_are_newest_first_and_complete(
    running: RunningGateway, settings: Settings
) -> None:
    events = [make_event(number) for number in range(1, 8)]
    await record(settings, [*events, rejection_of(events[2])])
    seen: list[str] = []
    query = "/intents?limit=3"
    while True:
        page = (await running.client.get(query)).json()
        seen += [item["intent_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"/intents?limit=3&cursor={page['next_cursor']}"
    assert seen == [event.payload.intent_id for event in reversed(events)]
    filtered = (await running.client.get("/intents?state=risk_rejected&strategy_id=demo")).json()
    assert [item["intent_id"] for item in filtered["items"]] == [events[2].payload.intent_id]
    assert (await running.client.get("/intents?strategy_id=other")).json()["items"] == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_ten_megabytes_are_refused_and_nothing_is_published(
    running: RunningGateway, chunked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a client that sends everything before it reads, and time for it on a busy machine."""
    monkeypatch.setattr(http_protocol, "DRAIN_SECONDS", 30)
    body = b" " * 10_000_000

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), MAX_BODY_BYTES):
            yield body[start : start + MAX_BODY_BYTES]

    response = await running.client.post(
        "/intents",
        content=chunks() if chunked else body,
        headers={"Content-Type": "application/json"},
    )
    check_problem(response, 413, "BODY_TOO_LARGE")
    assert await running.last_sequence() == 0


async def test_an_invalid_intent_publishes_nothing(running: RunningGateway) -> None:
    response = await running.client.post("/intents", json=body_with("amount", "-1"))
    check_problem(response, 422, "VALIDATION_FAILED")
    assert await running.last_sequence() == 0


async def test_readiness_names_consumers_and_dependencies(running: RunningGateway) -> None:
    document = (await running.client.get("/ready")).json()
    assert document["status"] == "ready"
    assert set(document["dependencies"]) == {"nats", "postgres", "redis"}
    assert {lag["durable"]: lag["status"] for lag in document["consumers"]} == {
        "risk-workers": "missing",
        "portfolio-workers": "missing",
        "planner-workers": "missing",
        "orchestrator-workers": "missing",
        "enricher-workers": "missing",
        "evaluator-workers": "missing",
        "desk-workers": "missing",
        "coordinator": "missing",
        "backtester-workers": "missing",
        "backtester-sweeps": "missing",
        "recorder": "missing",
    }


async def test_readiness_shows_how_far_a_pool_is_behind(running: RunningGateway) -> None:
    """Given a pool of planners that has taken one of three events and not answered it."""
    durable = PLANNER_WORKERS.durable
    await running.connection.jetstream.add_consumer(
        EVENTS_STREAM, ConsumerConfig(durable_name=durable, ack_policy=AckPolicy.EXPLICIT)
    )
    await running.publish(range(3))
    pull = await running.connection.jetstream.pull_subscribe_bind(durable, EVENTS_STREAM)
    await pull.fetch(1)
    document = (await running.client.get("/ready")).json()
    (shown,) = [one for one in document["consumers"] if one["durable"] == durable]
    assert shown == {
        "durable": durable,
        "status": "active",
        "pending": 2,
        "unacknowledged": 1,
    }


async def test_without_database_and_cache_it_starts_and_accepts_nothing(
    settings: Settings, servers: Servers
) -> None:
    """Given neither PostgreSQL nor Redis: submitting, reading and /ready are 503."""
    nowhere = settings.model_copy(
        update={
            "postgres_dsn": SecretStr("postgresql://nobody@127.0.0.1:1/nothing"),
            "redis_url": SecretStr("redis://127.0.0.1:1"),
        }
    )
    async with running_gateway(nowhere) as running:
        response = await running.client.post("/intents", json=BODY)
        check_problem(response, 503, "STORE_UNAVAILABLE")
        assert response.headers["retry-after"]
        assert await running.last_sequence() == 0
        unread = await running.client.get(f"/intents/{make_event(1).payload.intent_id}")
        check_problem(unread, 503, "READ_UNAVAILABLE")
        ready = await running.client.get("/ready")
        assert ready.status_code == 503
        states = ready.json()["dependencies"]
        assert {name: state["status"] for name, state in states.items()} == {
            "nats": "up",
            "postgres": "down",
            "redis": "down",
        }


async def test_without_cache_the_ledger_answers(settings: Settings) -> None:
    no_cache = settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1")})
    event = make_event(1)
    await record(settings, [event])
    async with running_gateway(no_cache) as running:
        shown = (await running.client.get(f"/intents/{event.payload.intent_id}")).json()
        assert shown["state"] == "submitted"
        assert len((await running.client.get("/intents")).json()["items"]) == 1


async def test_fifty_at_once_are_fifty_intents(running: RunningGateway) -> None:
    responses = await asyncio.gather(
        *(running.client.post("/intents", json=BODY) for _ in range(50))
    )
    assert {response.status_code for response in responses} == {201}
    assert len({response.json()["intent_id"] for response in responses}) == 50
    assert await running.last_sequence() == 50


async def answer_to(running: RunningGateway, *chunks: bytes) -> bytes:
    """Return what a raw connection gets back before it is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
        await asyncio.sleep(0.01)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


async def test_a_head_without_an_end_is_refused(running: RunningGateway) -> None:
    filler = b"x" * MAX_HEAD_BYTES
    answer = await answer_to(running, b"GET /health HTTP/1.1\r\nX-Long: ", filler, filler)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"HEAD_TOO_LARGE" in answer


async def test_a_head_that_stops_half_way_times_out(
    running: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_TIMEOUT_SECONDS", 0.05)
    answer = await answer_to(running, b"GET /health HTTP/1.1\r\nHost: x")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert await answer_to(running) == b""


async def test_a_connection_is_kept_between_complete_requests(
    running: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a head time-out shorter than the pause: it is about heads, not about idling."""
    monkeypatch.setattr(http_protocol, "HEAD_TIMEOUT_SECONDS", 0.05)
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answer = await answer_to(running, request, *[b""] * 20, last)
    assert answer.count(b'{"status":"ok"}') == 2


async def test_what_is_no_http_is_a_400(running: RunningGateway) -> None:
    assert (await answer_to(running, b"\x16\x03\x01garbage\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
