"""From the provider's bytes to features: the feed and the enricher on the real broker."""

from datetime import timedelta
from decimal import Decimal

import pytest

from actors.feeds import lease
from tests.integration.actors.test_enricher import bodies, process
from tests.integration.marketdata.conftest import Served
from tests.integration.marketdata.test_feeds import feed
from tests.settings import Settings
from tests.support.perps import COIN, signal_received
from tests.support.recorded import MemorySource, run_again
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.precision import PRICE
from tradewind.runtime import NatsConnection, Publisher, clock
from tradewind.trading.marketdata.perp_snapshots import PerpSnapshots, watched_perps

STALE = timedelta(seconds=11)
"""A second above the limit of books."""
FRAMES = ("15m", "1h", "4h")


def is_complete(snapshots: PerpSnapshots) -> bool:
    """Return whether everything about the coin has arrived, and the book just now."""
    book = snapshots.book(COIN)
    return (
        book is not None
        and clock.now() - book.observed_at < timedelta(seconds=3)
        and snapshots.context(COIN) is not None
        and all(snapshots.candles(COIN, frame) is not None for frame in FRAMES)
    )


def mid_of(snapshots: PerpSnapshots) -> Decimal:
    """Return what is between the best prices."""
    book = snapshots.book(COIN)
    assert book is not None
    assert book.book.best_bid is not None
    assert book.book.best_ask is not None
    return PRICE.divide(book.book.best_bid.price + book.book.best_ask.price, Decimal(2))


async def ask(connection: NatsConnection, number: int, entry: Decimal) -> AnyEvent:
    """Publish a signal of now and return what the enricher says of it."""
    event = signal_received(number, clock.now(), entry_price=entry, liquidation_price=None)
    publisher = Publisher(connection)
    await publisher.publish(event)
    await publisher.close()
    found: list[AnyEvent] = []

    async def is_decided() -> bool:
        events = [parse_event(one) for one in await bodies(connection)]
        found[:] = [one for one in events if one.causation_id == event.event_id]
        return bool(found)

    await wait_until(is_decided, "the enricher has decided")
    return found[0]


async def test_a_provider_that_goes_away_and_comes_back(
    settings: Settings,
    connection: NatsConnection,
    exchange: Served,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given signals before, while and after the feed is away, then the middle one is refused."""
    monkeypatch.setattr(lease, "LEASE_SECONDS", 1.5)
    monkeypatch.setattr("actors.feeds.loop.KEEP_SECONDS", 0.2)
    told = {"hyperliquid_url": exchange.url, "market_data_provider": "simulated"}
    chosen = settings.model_copy(update=told)
    decided = []
    async with process(settings, ""), watched_perps(connection) as view:
        snapshots = view.snapshots
        async with feed(chosen):
            await wait_until(lambda: is_complete(snapshots), "the feed has everything")
            entry = mid_of(snapshots)
            decided.append(await ask(connection, 1, entry))
        book = snapshots.book(COIN)
        assert book is not None
        await wait_until(lambda: clock.now() - book.observed_at > STALE, "the book is stale")
        decided.append(await ask(connection, 2, entry))
        async with feed(chosen):
            await wait_until(lambda: is_complete(snapshots), "the feed is back")
            decided.append(await ask(connection, 3, mid_of(snapshots)))
    before, away, after = (one.payload for one in decided)
    assert (before.topic, after.topic) == ("signal.enriched", "signal.enriched"), decided
    assert before.features.quality.missing == ("open_interest_change_24h",)
    assert [one.covers for one in before.features.imbalance] == [True, True, True]
    assert len(before.features.frames) == 3
    assert away.reason == "DATA_STALE"
    events = {one.event_id: one for one in map(parse_event, await bodies(connection))}
    findings = await run_again(MemorySource(list(events.values())))
    assert (findings.differences, findings.counts.same) == ([], 3)
