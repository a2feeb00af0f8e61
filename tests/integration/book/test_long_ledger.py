"""A ledger that is long: it is settled in pages that let claims pass, and told in epochs."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import batched
from typing import Final

import orjson

from actors.portfolio.decide import decide
from tests.integration.book.harness import (
    Desk,
    Execution,
    history_of,
    opened_desk,
    screened_now,
)
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.support.arrivals import arrive
from tests.support.factories import CHAIN, REGISTRY
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import MAX_SEQUENCE
from tradewind.contracts.portfolio.histories import MAX_EPOCH_EVENTS
from tradewind.ledger.records import to_recorded
from tradewind.ledger.transfer.importer import import_events
from tradewind.readmodels.legality import legal_rows
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.runtime import clock
from tradewind.trading.accounting.funding import Capital, funding
from tradewind.trading.book.memory import MemoryBook
from tradewind.trading.book.page_size import MIN_EVENTS, PageSize
from tradewind.trading.book.settlement import Settlement
from tradewind.trading.book.telling import Teller

UPDATES_VARIABLE: Final = "TRADEWIND_TEST_UPDATES"
UPDATES: Final = int(os.environ.get(UPDATES_VARIABLE, "70"))
"""`make epochs` tells 70,000, with the bound that the product has."""
EPOCH_EVENTS: Final = MAX_EPOCH_EVENTS if UPDATES > MAX_EPOCH_EVENTS else 20
IMPORTED_AT_ONCE: Final = 1_000
INTENTS: Final = 40
CLAIMS: Final = 8


class SlowMachine(PageSize):
    """A machine that takes a twentieth of a second for each event."""

    def note(self, events: int, held_seconds: float, settled_seconds: float) -> None:
        super().note(events, events / 20, events / 20)


class OneByOne(PageSize):
    """One event a page, so that each is told by itself."""

    def __init__(self) -> None:
        self.events = 1

    def note(self, events: int, held_seconds: float, settled_seconds: float) -> None:
        """Stay as it is."""


def settlement_of(desk: Desk, page_size: PageSize, epoch_events: int = 20) -> Settlement:
    teller = Teller(desk.pool, (), epoch_events)
    return Settlement(desk.pool, desk.fence, teller, to_recorded, legal_rows, page_size)


async def completed(number: int) -> list[AnyEvent]:
    """Return the history of an intent that was approved and filled."""
    event = screened_now(number)
    inputs = await MemoryBook().read_inputs(event, clock.now())
    decision = decide(event, inputs, clock.now())
    execution = Execution(decision[-1])
    rest = [*execution.until_submitted(), *execution.fill(), *execution.completion()]
    return [*history_of(event), *decision, *rest]


async def test_claims_go_on_while_settlement_catches_up_with_a_long_ledger(
    harness: LedgerHarness,
) -> None:
    """Given a slow machine, then pages shrink, and a claim of the portfolio waits for one at most.

    After one page a claim each, the ledger is not settled by far: nobody waited for that.
    """
    histories = [await completed(number) for number in range(1, INTENTS + 1)]
    async with harness.coordinator(), opened_desk(harness) as desk:
        # A coordinator that records for the first time begins a life of the database.
        await harness.publish(*histories[0])
        await harness.recorded_at_least(len(histories[0]))
        await desk.proven()
        for history in histories[1:]:
            await harness.publish(*history)
        await harness.recorded_at_least(sum(map(len, histories)))
        settlement = settlement_of(desk, SlowMachine())
        await settlement.settle()
        first = await settlement.observe()
        claims = [screened_now(number) for number in range(101, 101 + CLAIMS)]
        answers = []
        for event in claims:
            answer, _ = await asyncio.gather(desk.judge(event), settlement.settle())
            answers.append(answer)
        seen = await settlement.observe()
        assert first.settled < seen.settled < seen.last_global_seq
        assert Counter(one[0].topic for one in answers) == {"risk.approved": CLAIMS}
        while await settlement.settle():
            pass
        assert (await settlement.observe()).settled == seen.last_global_seq
        statuses = await desk.pool.fetch("SELECT status, count(*) FROM allocations GROUP BY status")
    assert dict(statuses) == {"used": INTENTS, "claimed": CLAIMS}


def test_a_page_is_as_long_as_the_machine_settles_in_time() -> None:
    """Given pages that are slow, then the next is short at once; fast ones grow it step by step."""
    size = PageSize()
    began = size.events
    size.note(began, 0.001, 0.001)
    assert size.events == 2 * began
    size.note(size.events, 60.0, 60.0)
    assert size.events == MIN_EVENTS
    for _ in range(20):
        size.note(size.events, 0.0, 0.0)
    largest = size.events
    size.note(0, 60.0, 60.0)
    assert size.events == largest
    size.note(largest, 0.0, 0.7)
    assert size.events == largest
    size.note(largest, 0.0, 7.5)
    assert size.events == largest / 10
    size.note(size.events, 1.5, 1.5)
    assert size.events == MIN_EVENTS


def fundings(count: int) -> Iterator[AnyEvent]:
    token = REGISTRY.by_symbol(CHAIN, "USDC")
    assert token is not None
    capital = Capital("fund", token, Decimal("0.5"), "in")
    for number in range(count):
        yield funding(
            capital,
            requested_by="test",
            note="",
            reference=str(number),
            producer="test",
            at=clock.now(),
        )


async def test_a_portfolio_is_told_in_epochs_and_read_as_if_there_was_one(
    harness: LedgerHarness,
) -> None:
    """Given so many changes that a history has no room, then documents and a rebuild agree."""
    async with opened_desk(harness) as desk:
        await desk.proven()
        for chunk in batched(fundings(UPDATES), IMPORTED_AT_ONCE):
            await import_events(harness.pool, arrive(chunk), "test")
        settlement = settlement_of(desk, OneByOne(), EPOCH_EVENTS)
        while await settlement.settle():
            pass
        sequences = await desk.pool.fetch(
            "SELECT epoch, max(sequence), count(*) FROM portfolio_outbox GROUP BY 1 ORDER BY 1"
        )
        told = [tuple(row) for row in sequences]
        assert told == expected_epochs(UPDATES)
        assert max(last for _, last, _ in told) <= min(EPOCH_EVENTS, MAX_SEQUENCE)
        async with harness.coordinator():
            await wait_despite_outages(partial(is_published, desk))
            await wait_despite_outages(partial(is_shown, harness))
    assert await harness.parked() == 0
    assert await harness.quarantined() == []


async def is_published(desk: Desk) -> bool:
    """Publish what is due; return whether the ledger has everything that was told."""
    await desk.loop.work()
    return not await desk.pool.fetchval("SELECT count(*) FROM portfolio_outbox")


async def is_shown(harness: LedgerHarness) -> bool:
    """Return whether the documents are what a rebuild would make of the ledger."""
    document = await harness.redis.get("portfolio:fund")
    if document is None or orjson.loads(document)["as_of"] != UPDATES:
        return False
    return (await Rebuild(harness.reader, harness.redis).verify()).is_identical


def expected_epochs(updates: int) -> Sequence[tuple[int, int, int]]:
    """Return the epochs with their last sequence and their number of events."""
    epochs = [min(EPOCH_EVENTS, updates - told) for told in range(0, updates, EPOCH_EVENTS)]
    return [(number, events, events) for number, events in enumerate(epochs, 1)]
