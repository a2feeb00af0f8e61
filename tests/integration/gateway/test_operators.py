"""What operators see and ask for, on real servers: the gateway keeps it, the sweeper does it."""

import json
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from actors.sweeper.requests import RequestedActions
from tests.integration.gateway.support import RunningGateway
from tests.settings import Settings
from tests.support.arrivals import arrive, incoming
from tests.support.histories import START, History
from tradewind.contracts.envelope import AnyEvent, first_event, parse_event
from tradewind.contracts.inputs import content_id, content_of, correlation_of, observation_event
from tradewind.contracts.instruments.payloads import MarketObserved, TokensObserved
from tradewind.contracts.risk.limits import RiskInputs
from tradewind.contracts.roles import PLANNER_WORKERS
from tradewind.contracts.streams import EVENTS_STREAM, MESSAGE_ID_HEADER
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.incoming import Rejected
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.decided import DecidedJournal
from tradewind.ledger.upkeep.dead_letters import DeadLetterRequests
from tradewind.postgres import Pool, open_pool
from tradewind.runtime.decisions import DecisionKey, decision_of

ALPHA, BETA = History(1, strategy_id="alpha"), History(2, strategy_id="beta")
LETTER_ID = "planner-workers-7"


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    """Return connections around the gateway."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=3)
    yield pool
    pool.terminate()


@pytest.fixture
async def letter(pool: Pool) -> AnyEvent:
    """Record a history up to what the planner takes, and a dead letter of that; return it."""
    event = ALPHA.completed()[3]
    ledger = Ledger(pool)
    await ledger.append(arrive(ALPHA.completed()[:4]))
    group, reason = PLANNER_WORKERS.name, "TIME_LIMIT"
    body = event.to_bytes()
    await ledger.record_dead_letters([DeadLetter(group, event.subject, reason, "late", 6, body, 7)])
    return event


async def get(running: RunningGateway, path: str, **query: Any) -> Any:
    response = await running.client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def stored(running: RunningGateway) -> list[Any]:
    """Return the messages of the stream of events."""
    jetstream, last = running.connection.jetstream, await running.last_sequence()
    return [await jetstream.get_msg(EVENTS_STREAM, place) for place in range(1, last + 1)]


@pytest.mark.parametrize(
    ("action", "state", "note"), [("retry", "retried", ""), ("resolve", "resolved", "by hand")]
)
async def test_the_sweeper_does_what_the_gateway_was_asked_for(
    running: RunningGateway, pool: Pool, letter: AnyEvent, action: str, state: str, note: str
) -> None:
    path = f"/dead-letters/{LETTER_ID}/{action}"
    for _ in range(2):
        asked = await running.client.post(path, json={"reason": "by hand"})
        assert asked.status_code == 202, asked.text
        assert asked.json()["done_at"] is None
    requests = DeadLetterRequests(pool)
    (pending,) = await requests.pending(10)
    sweeper = RequestedActions(requests, running.publisher)
    assert await sweeper.carry_out() == 1
    assert await sweeper.carry_out() == 0
    # A second sweeper, or the same one after a crash, does it again.
    if action == "retry":
        await running.publisher.publish_raw(
            pending.subject, pending.body, {MESSAGE_ID_HEADER: pending.message_id}
        )
    await running.publisher.publish(pending.event())
    *sent, said = await stored(running)
    assert [message.data for message in sent] == [letter.to_bytes()] * (action == "retry")
    assert all(message.subject == letter.subject for message in sent)
    payload = parse_event(said.data).payload
    assert (payload.dead_letter_id, payload.requested_by) == (LETTER_ID, "local")
    await Ledger(pool).append([incoming(said.subject, said.data, 99)])
    shown = await get(running, f"/dead-letters/{LETTER_ID}")
    assert (shown["state"], shown["note"]) == (state, note)
    assert shown["requests"][0]["done_at"] is not None
    assert shown["correlation_id"] == ALPHA.correlation_id
    assert shown["body"].encode() == letter.to_bytes()
    again = await running.client.post(path, json={"reason": "another"})
    assert again.json() == shown["requests"][0]


async def test_every_list_is_answered_from_the_ledger(
    running: RunningGateway, pool: Pool, letter: AnyEvent
) -> None:
    ledger = Ledger(pool)
    await ledger.append(arrive(BETA.completed()))
    await ledger.append(arrive(ALPHA.completed()[6:8]))
    bad = Rejected(QuarantineReason.MALFORMED, "no JSON", b"\xff password=hunter2", "a.b", 8)
    await ledger.append([], [bad])
    await pool.execute("UPDATE correlation_head SET changed_at = now() - interval '1 hour'")
    events = await get(running, "/events", topics="intent.*", limit=2)
    found = [one["event"] for one in events["items"]]
    expected = [*ALPHA.completed()[:4], *BETA.completed()]
    of_intents = [one.event_id for one in expected if one.topic.startswith("intent.")]
    assert [one["eventId"] for one in found] == of_intents[::-1][:2]
    older = await get(running, "/events", topics="intent.*", cursor=events["next_cursor"])
    assert [one["event"]["eventId"] for one in older["items"]] == of_intents[::-1][2:]
    times = {"from": older["items"][-1]["recorded_at"], "to": "2999-01-01"}
    assert len((await get(running, "/events", **times, limit=200))["items"]) == len(expected)
    assert (await get(running, "/events", to="2020-01-01"))["items"] == []
    (waiting, _) = (await get(running, "/parked"))["items"]
    assert (waiting["correlation_id"], waiting["missing_sequence"]) == (ALPHA.correlation_id, 5)
    (refused,) = (await get(running, "/quarantine", reason="MALFORMED"))["items"]
    shown = await get(running, f"/quarantine/{refused['id']}")
    assert shown["body"] == "\\xff password=***"
    (stands,) = (await get(running, "/stalled"))["items"]
    assert (stands["correlation_id"], stands["waits_for"]) == (ALPHA.correlation_id, "planner")
    (given_up,) = (await get(running, "/dead-letters", state="open"))["items"]
    assert (given_up["id"], given_up["size_bytes"]) == (LETTER_ID, len(letter.to_bytes()))


def decided_on_a_market() -> tuple[str, list[AnyEvent], list[AnyEvent]]:
    """Return a market's content id, its observations, and a history with a decision on it."""
    tokens = TokensObserved(day=START.replace(hour=0), tokens=())
    token_id = content_id(content_of(tokens))
    market = MarketObserved(day=START.replace(hour=0), tokens=token_id, pools=(), heads=())
    market_id = content_id(content_of(market))
    limits = {"max_notional_usd": "1", "max_slippage": "0.1", "price_max_age_seconds": 5}
    inputs = RiskInputs.model_validate_json(json.dumps({"market": market_id, "limits": limits}))
    history = ALPHA.completed()
    payload = history[1].payload.model_copy(update={"inputs": inputs})
    history[1] = history[1].model_copy(update={"payload": payload})
    observed = [observation_event(token_id, tokens), observation_event(market_id, market)]
    return market_id, observed, history


async def test_a_graph_goes_from_cause_to_effect_and_to_what_was_read(
    running: RunningGateway, pool: Pool
) -> None:
    """Given an intent decided on a market, and an event of another history that it caused."""
    market_id, observed, history = decided_on_a_market()
    root = BETA.events()[0]
    caused = first_event(
        root.payload,
        correlation_id=root.correlation_id,
        key=root.key,
        producer="gateway",
        at=START,
    ).model_copy(update={"causation_id": history[-1].event_id})
    await Ledger(pool).append(arrive([*observed, *history, caused]))
    journal = DecidedJournal(pool)
    await journal.keep(DecisionKey(history[0].event_id, "risk.workers"), decision_of(history[1:3]))
    graph = await get(running, f"/correlations/{ALPHA.correlation_id}")
    every = [*observed, *history, caused]
    assert [one["event_id"] for one in graph["nodes"]] == [one.event_id for one in every]
    assert graph["truncated"] is False
    edges = {(one["from_event_id"], one["to_event_id"]): one["kind"] for one in graph["edges"]}
    ids = [one.event_id for one in history]
    steps = dict.fromkeys(pairwise(ids), "caused")
    read = {
        (observed[0].event_id, observed[1].event_id): "read",
        (observed[1].event_id, history[1].event_id): "read",
    }
    assert edges == steps | read | {(ids[-1], caused.event_id): "caused"}
    decided = graph["nodes"][3]
    assert decided["inputs"]["market"] == market_id
    assert decided["inputs"]["limits"]["max_slippage"] == "0.1"
    (decision,) = graph["decisions"]
    assert (decision["cause_event_id"], decision["queue_group"]) == (ids[0], "risk.workers")
    assert decision["event_ids"] == ids[1:3]
    backwards = await get(running, f"/correlations/{BETA.correlation_id}")
    assert {one["event_id"] for one in backwards["nodes"]} == {one.event_id for one in every}
    assert (
        await running.client.get(f"/correlations/{correlation_of('1' * 64)}")
    ).status_code == 404


async def test_a_graph_that_is_too_large_says_so(
    running: RunningGateway, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Ledger(pool).append(arrive(ALPHA.completed()))
    path = f"/correlations/{ALPHA.correlation_id}"
    with monkeypatch.context() as small:
        small.setattr("tradewind.ledger.history.graph.MAX_NODES", 3)
        graph = await get(running, path)
        assert (len(graph["nodes"]), graph["truncated"]) == (3, True)
    graph = await get(running, path)
    assert (len(graph["nodes"]), graph["truncated"]) == (len(ALPHA.completed()), False)
