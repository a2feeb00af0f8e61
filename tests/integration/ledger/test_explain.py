"""`tradewind explain` tells what became of an intent, whichever of its ids it is asked by."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from tests.support.arrivals import arrive
from tests.support.histories import START, History
from tests.support.limits import RISK_LIMITS
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.inputs import content_id, content_of, observation_event
from tradewind.contracts.instruments.payloads import MarketObserved
from tradewind.contracts.instruments.pools import ObservedPool
from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.risk.limits import (
    PolicyReference,
    PortfolioInputs,
    PortfolioLimits,
    RiskInputs,
)
from tradewind.contracts.trace_context import span_id_of, trace_id_of
from tradewind.ledger.append.writer import Ledger
from tradewind.operations.cli.explain import explain
from tradewind.postgres import Pool

HISTORY = History(1)
FOLLOWER = History(2, strategy_id="follower")
PAPER_HASH = HISTORY.step_submitted().tx_hash
REPLACED_HASH = f"0x{'ab' * 32}"
MARKET = MarketObserved(
    day=START.replace(hour=0),
    tokens="0" * 64,
    pools=(
        ObservedPool(
            shape="1" * 64,
            sqrt_price_x96=1,
            tick=0,
            liquidity=1,
            block_number=41,
            block_time=START - timedelta(seconds=2),
        ),
    ),
    heads=(),
)
MARKET_ID = content_id(content_of(MARKET))
BOOKED = PortfolioInputs(
    policy=PolicyReference(version=1),
    limits=PortfolioLimits(max_open_intents=3, scopes={"max_open_intents": "defaults"}),
    book=Book(version=7, as_of=41, claimed_usd=Decimal("7000.5"), open_intents=2),
)
ATTEMPT = """
WITH wallet AS (
    INSERT INTO wallets (chain_id, address, next_nonce) VALUES (1, '0xw', 1)
), slot AS (
    INSERT INTO slots (chain_id, address, nonce, purpose, plan_id, step_index, target, data,
                       deadline, description)
    VALUES (1, '0xw', 0, 'swap', $1, 0, '0xt', '', now(), '{}')
)
INSERT INTO generations (chain_id, address, nonce, generation, purpose, tx_hash, raw, gas_limit,
                         max_fee_per_gas_wei, max_priority_fee_per_gas_wei)
VALUES (1, '0xw', 0, 0, 'original', $2, '', 1, 1, 1)
"""


def read_the_market(events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Have both stages of risk say what they read, as it does outside of these examples."""
    inputs = {
        "risk.screened": RiskInputs(market=MARKET_ID, limits=RISK_LIMITS),
        "risk.approved": BOOKED,
    }
    return [
        event.model_copy(
            update={"payload": event.payload.model_copy(update={"inputs": inputs[event.topic]})}
        )
        if event.topic in inputs
        else event
        for event in events
    ]


@pytest.fixture
async def recorded(pool: Pool, ledger: Ledger) -> None:
    """Record a history, what was read in it, and another history that it began."""
    events = read_the_market(HISTORY.completed())
    first, *rest = FOLLOWER.events(FOLLOWER.rejected())
    begun = first.model_copy(update={"causation_id": events[-1].event_id})
    await ledger.append(arrive([observation_event(MARKET_ID, MARKET), *events, begun, *rest]))
    await pool.execute(ATTEMPT, HISTORY.plan_id, REPLACED_HASH)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_dsn: str) -> Any:
    """Return how to run the command on the test's database."""
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", database_dsn)

    async def run(*arguments: str, **options: Any) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, explain, arguments, **options)

    return run


@pytest.mark.parametrize(
    "identifier",
    [
        HISTORY.intent_id,
        HISTORY.correlation_id,
        HISTORY.plan_id,
        HISTORY.completed()[3].event_id,
        PAPER_HASH,
        PAPER_HASH.upper().replace("0X", "0x"),
        REPLACED_HASH,
    ],
    ids=["intent", "correlation", "plan", "event", "paper", "capitals", "replaced"],
)
async def test_any_id_leads_to_the_history(identifier: str, recorded: None, run: Any) -> None:
    result = await run(identifier, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["histories"][0]["correlation_id"] == HISTORY.correlation_id


@pytest.mark.parametrize(
    "identifier", [History(9).intent_id, History(9).plan_id, f"0x{'00' * 32}", "portfolio-nobody"]
)
async def test_what_is_not_recorded_is_said_so(identifier: str, recorded: None, run: Any) -> None:
    result = await run(identifier)
    assert result.exit_code == 1
    assert f"nothing is recorded of {identifier}" in str(result.exception)


@pytest.mark.parametrize("identifier", ["", "nonsense", "intent-", "0x12", "x" * 500])
async def test_what_is_no_id_is_a_usage_error(identifier: str, run: Any) -> None:
    result = await run(identifier)
    assert result.exit_code == 2
    assert "the id of an intent" in result.output


async def test_a_script_gets_every_hop_and_what_was_read(recorded: None, run: Any) -> None:
    document = json.loads((await run(HISTORY.intent_id, "--json")).output)
    told, begun = document["histories"]
    events = HISTORY.completed()
    assert [one["event_id"] for one in told["events"]] == [event.event_id for event in events]
    assert told["outcome"] == "completed after 1,000 ms"
    hops = [one["hop_ms"] for one in told["events"]]
    assert hops == [None, 1_000.0, *[0.0] * (len(events) - 2)]
    assert told["events"][1]["read"] == [
        f"market {MARKET_ID[:12]}…: 1 pool, block 41, 3.0 s old",
        "limits: 10,000 USD, slippage 5 %, prices up to 300 s old, impact 5 %",
    ]
    assert told["events"][2]["read"] == [
        "book 7 at event 41: 2 open intents for at most 7,000.50 USD",
        "limits: max_open_intents 3",
    ]
    assert told["events"][-1]["caused"] == [FOLLOWER.correlation_id]
    assert begun["correlation_id"] == FOLLOWER.correlation_id
    assert begun["caused_by"] == f"exec.completed of {HISTORY.correlation_id}"
    assert begun["outcome"].startswith("risk rejected after")


async def test_a_person_sees_a_line_an_event_without_escapes_in_a_file(
    recorded: None, run: Any
) -> None:
    text = (await run(HISTORY.intent_id)).output
    lines = text.splitlines()
    assert lines[0].startswith(f"{HISTORY.correlation_id}  completed after 1,000 ms, from 2026-")
    assert "\x1b" not in text
    for event in (*HISTORY.completed(), *FOLLOWER.events(FOLLOWER.rejected())):
        assert any(f"  {event.topic}  " in line for line in lines), event.topic
    screened = next(line for line in lines if "risk.screened" in line)
    assert "████" in screened
    assert f"read market {MARKET_ID[:12]}…" in text
    assert PAPER_HASH in text


@pytest.mark.parametrize("columns", [60, 100, 200])
async def test_on_a_terminal_no_line_but_one_of_ids_is_wider_than_it(
    columns: int, recorded: None, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tradewind.operations.cli.waterfall.terminal_columns", lambda: columns, raising=True
    )
    result = await run(HISTORY.intent_id, color=True)
    assert "\x1b[" in result.output
    plain = click.unstyle(result.output)
    below = [line for line in plain.splitlines() if " ms " not in line]
    long = [line for line in below if len(line) > columns]
    ids = (HISTORY.correlation_id, FOLLOWER.correlation_id, PAPER_HASH)
    assert all(any(one in line for one in ids) for line in long), long


async def test_the_trace_of_a_history_is_one_that_collectors_read(recorded: None, run: Any) -> None:
    """Given two histories, one begun by the other: two traces, and a link between them."""
    request = json.loads((await run(HISTORY.intent_id, "--otlp")).output)
    spans = {
        span["spanId"]: span
        for resource in request["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    }
    events = HISTORY.completed()
    assert len(spans) == len(events) + 2
    assert "parentSpanId" not in spans[span_id_of(events[0].event_id)]
    for event in events[1:]:
        span = spans[span_id_of(event.event_id)]
        assert span["traceId"] == trace_id_of(HISTORY.correlation_id)
        assert span["parentSpanId"] == span_id_of(event.causation_id)
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
    begun = next(one for one in spans.values() if "links" in one)
    assert begun["traceId"] == trace_id_of(FOLLOWER.correlation_id)
    assert begun["links"] == [
        {
            "traceId": trace_id_of(HISTORY.correlation_id),
            "spanId": span_id_of(events[-1].event_id),
        }
    ]
