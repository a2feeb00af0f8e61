"""Requests to cancel: one an intent, kept with its event before anybody is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from actors.planner.obstacles import Obstacles, opened_obstacles
from actors.planner.ports import PLANNER_ROLE
from actors.risk.instructions import Instructions, opened_instructions
from actors.risk.ports import RISK_ROLE
from actors.sweeper.relay import Relay
from tests.integration.ledger.harness import LedgerHarness
from tests.support.factories import accepted
from tests.support.histories import START, History
from tradewind.contracts.envelope import Event, parse_event
from tradewind.contracts.intents.cancellation import Cancellation, cancel_request
from tradewind.contracts.intents.payloads import IntentCancelRequested
from tradewind.errors import TransientError
from tradewind.ledger.cancellations import Cancellations, FindCancellation
from tradewind.ledger.upkeep.cancel_requests import CancelRequests
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import Publisher
from tradewind.runtime.decisions import DecisionUnavailable
from tradewind.trading.venue_settings import VenueChoice
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE

ONE = History(1)
OPENING = ONE.events()[0]


def asked(number: int = 0, history: History = ONE) -> Event[IntentCancelRequested]:
    at = START + timedelta(seconds=number)
    return cancel_request(history.events()[0], f"key-{number}", at)


def of(request: Event[IntentCancelRequested]) -> Cancellation:
    return Cancellation(request.event_id, request.payload.requested_by, request.timestamp)


def seen_by(obstacles: Obstacles) -> FindCancellation:
    """Return how the planner finds a request, of which it asks with all else that it asks."""

    async def find(correlation_id: str) -> Cancellation | None:
        event = accepted().model_copy(update={"correlation_id": correlation_id})
        return (await obstacles.find(event)).cancellation

    return find


@asynccontextmanager
async def opened_pool(dsn: str, role: str) -> AsyncIterator[Pool]:
    pool = await open_pool(dsn, max_size=2, role=role)
    yield pool
    pool.terminate()


@pytest.fixture
async def cancellations(database_dsn: str) -> AsyncIterator[Cancellations]:
    """Return the requests as the orchestrator sees them."""
    async with opened_pool(database_dsn, ORCHESTRATOR_ROLE) as pool:
        yield Cancellations(pool)


async def test_an_intent_has_one_request_whoever_asks_at_once(
    pool: Pool, cancellations: Cancellations
) -> None:
    journal, requests = CancelRequests(pool), [asked(number) for number in range(8)]
    answers = await asyncio.gather(*(journal.accept(one) for one in requests))
    assert answers.count(True) == 1
    first = requests[answers.index(True)]
    assert await cancellations.find(OPENING.correlation_id) == of(first)
    (kept,) = await IngressJournal(pool).pending(0, 10)
    assert kept.body == first.to_bytes()
    assert not await journal.accept(asked(9))


async def test_many_are_looked_up_together(database_dsn: str, pool: Pool) -> None:
    """Given roles that may only look, then each intent has its own request or none."""
    histories = [History(number) for number in range(1, 7)]
    requests = [asked(number, one) for number, one in enumerate(histories)]
    for request in requests[::2]:
        await CancelRequests(pool).accept(request)
    expected = [of(one) if one in requests[::2] else None for one in requests]
    async with (
        opened_pool(database_dsn, RISK_ROLE) as of_risk,
        opened_pool(database_dsn, PLANNER_ROLE) as of_planner,
    ):
        finders = (
            Cancellations(of_risk).find,
            Instructions(of_risk).find_cancellation,
            seen_by(Obstacles(of_planner, VenueChoice())),
        )
        for find in finders:
            found = await asyncio.gather(*(find(f"intent-{one.intent_id}") for one in histories))
            assert found == expected
        for pool_of_role in (of_risk, of_planner):
            with pytest.raises(DecisionUnavailable):
                await Cancellations(pool_of_role).keep(requests[1])


async def test_a_restored_database_gets_the_request_back_from_its_event(
    pool: Pool, cancellations: Cancellations
) -> None:
    request = asked()
    for _ in range(2):
        await cancellations.keep(request)
    assert await cancellations.find(OPENING.correlation_id) == of(request)
    assert not await CancelRequests(pool).accept(asked(1))


async def test_nobody_takes_a_request_back(pool: Pool) -> None:
    await CancelRequests(pool).accept(asked())
    for statement in ("DELETE FROM cancellations", "UPDATE cancellations SET requested_by = 'x'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)


async def test_the_relay_sends_a_request_nobody_published(
    harness: LedgerHarness, pool: Pool
) -> None:
    """Given a gateway that died before it published, then the event is sent all the same."""
    request = asked()
    await CancelRequests(pool).accept(request)
    publisher = Publisher(harness.connection)
    at_once = harness.settings.model_copy(update={"relay_after_seconds": 0.0})
    assert await Relay(IngressJournal(pool), publisher, at_once).relay() == 1
    message = await harness.connection.jetstream.get_msg("EVENTS", 1)
    assert parse_event(message.data or b"") == request
    await publisher.close()


async def test_while_the_database_is_away_nothing_is_decided(database_dsn: str) -> None:
    host, _, name = database_dsn.rpartition("/")
    nowhere = f"{host.rpartition(':')[0]}:1/{name}"
    async with (
        opened_pool(nowhere, RISK_ROLE) as pool,
        opened_obstacles(nowhere, PLANNER_ROLE, VenueChoice()) as obstacles,
        opened_instructions(nowhere, RISK_ROLE) as instructions,
    ):
        finders = (
            Cancellations(pool).find,
            instructions.find_cancellation,
            seen_by(obstacles),
        )
        for find in finders:
            with pytest.raises(DecisionUnavailable):
                await find(OPENING.correlation_id)
    pool = await open_pool(nowhere)
    with pytest.raises(TransientError):
        await CancelRequests(pool).accept(asked())
    pool.terminate()
