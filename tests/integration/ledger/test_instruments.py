"""The registry of instruments: registered once, changed by one at a time, held to the ledger."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.sweeper.instruments import InstrumentKeeper
from tests.integration.ledger.harness import LedgerHarness
from tests.support.arrivals import arrive
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.instruments.changes import InstrumentChange, InstrumentRegistration
from tradewind.contracts.instruments.registry import (
    Instrument,
    InstrumentStatus,
    instrument_correlation,
)
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import Publisher
from tradewind.trading.instruments.declared import DeclaredInstruments, registration
from tradewind.trading.instruments.file import declared_instruments
from tradewind.trading.instruments.registrar import (
    InstrumentInvalid,
    InstrumentRegistrar,
    Signature,
)
from tradewind.trading.instruments.registry import InstrumentRegistry
from tradewind.trading.instruments.store import (
    InstrumentConflict,
    InstrumentExists,
    InstrumentUnknown,
    change,
    read_registered,
    read_unrecorded,
    register,
)
from tradewind.trading.instruments.watch import InstrumentWatch, opened_instruments

KEY, OTHER = "ethereum-WETH-USDC", "ethereum-WETH-DAI"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ONE_PAIR = """
registered_at: 2026-11-01T00:00:00Z
instruments:
  - base: WETH
    quote: USDC
    aliases: [ETH-USD]
    max_notional_usd: 5000
"""


class Recorder:
    """A broker and a coordinator in one: what is published is recorded."""

    def __init__(self, pool: Pool) -> None:
        self._ledger = Ledger(pool)
        self.published: list[AnyEvent] = []
        self.quarantined = 0

    async def publish(self, event: AnyEvent) -> None:
        first = 1 + len(self.published)
        self.published.append(event)
        appended = await self._ledger.append(arrive([event], first=first))
        self.quarantined += len(appended.quarantined)


@pytest.fixture
def declared() -> DeclaredInstruments:
    return declared_instruments(None, None)


@pytest.fixture
async def sink(pool: Pool) -> Recorder:
    return Recorder(pool)


@pytest.fixture
def keeper(pool: Pool, sink: Recorder, declared: DeclaredInstruments) -> InstrumentKeeper:
    return InstrumentKeeper(pool, sink, declared)


def with_status(instrument: Instrument, status: InstrumentStatus) -> Instrument:
    return instrument.model_copy(update={"status": status})


async def history(pool: Pool, key: str = KEY) -> list[AnyEvent]:
    recorded = await LedgerReader(pool).history(instrument_correlation(key))
    return [one.event for one in recorded]


async def test_every_pair_is_registered_once_however_many_do_it(
    pool: Pool, sink: Recorder, declared: DeclaredInstruments
) -> None:
    """Given several sweepers that start at once, and again, the ledger has one event a pair."""
    keepers = [InstrumentKeeper(pool, sink, declared) for _ in range(3)]
    await asyncio.gather(*(one.keep() for one in keepers))
    await InstrumentKeeper(pool, sink, declared).keep()
    pairs = [one.key for one in declared.listed]
    assert len(pairs) == 20
    for key in pairs:
        (event,) = await history(pool, key)
        assert (event.topic, event.key.instrument) == ("instrument.registered", key)
    assert sink.quarantined == 0
    assert await read_unrecorded(pool, 10) == []


async def test_what_a_file_says_later_changes_nothing(
    pool: Pool, sink: Recorder, keeper: InstrumentKeeper, tmp_path: Path
) -> None:
    await keeper.keep()
    file = tmp_path / "instruments.yaml"
    file.write_text(ONE_PAIR)
    other = InstrumentKeeper(pool, sink, declared_instruments(None, file))
    await other.keep()
    assert len(await history(pool)) == 1
    assert (await read_registered(pool))[KEY].instrument.max_notional_usd is None


async def test_of_two_who_change_it_at_once_one_wins_and_the_other_is_told(
    pool: Pool, keeper: InstrumentKeeper
) -> None:
    await keeper.keep()
    before = (await read_registered(pool))[KEY]
    answers = await asyncio.gather(
        *(
            change(
                pool,
                before,
                with_status(before.instrument, status),
                by=f"operator {status}",
                at=NOW,
                producer="cli",
            )
            for status in (InstrumentStatus.DISABLED, InstrumentStatus.REDUCE_ONLY)
        ),
        return_exceptions=True,
    )
    (conflict,) = [one for one in answers if isinstance(one, BaseException)]
    assert isinstance(conflict, InstrumentConflict)
    assert "version 2" in str(conflict)
    assert "by operator" in str(conflict)
    await keeper.keep()
    registered, updated = await history(pool)
    assert (registered.sequence, updated.sequence) == (1, 2)
    assert updated.causation_id == registered.event_id
    in_force = (await read_registered(pool))[KEY]
    assert in_force.event == updated
    assert in_force.instrument.version == 2


async def test_changes_that_wait_are_published_in_order(
    pool: Pool, sink: Recorder, keeper: InstrumentKeeper, declared: DeclaredInstruments
) -> None:
    """Given changes made while nothing was recorded, then the ledger gets all, in order."""
    instrument = declared.instrument_of(KEY)
    assert instrument is not None
    await register(pool, instrument, NOW, "cli")
    for status in (InstrumentStatus.DISABLED, InstrumentStatus.ENABLED):
        before = (await read_registered(pool))[KEY]
        await change(
            pool, before, with_status(before.instrument, status), by="ops", at=NOW, producer="cli"
        )
    await keeper.keep()
    assert [event.sequence for event in await history(pool)] == [1, 2, 3]
    assert sink.quarantined == 0


async def test_a_name_leads_to_one_instrument(pool: Pool, declared: DeclaredInstruments) -> None:
    first, second = declared.instrument_of(KEY), declared.instrument_of(OTHER)
    assert first is not None
    assert second is not None
    await register(pool, first.model_copy(update={"aliases": ("ETH-USD",)}), NOW, "cli")
    with pytest.raises(InstrumentExists):
        await register(pool, first, NOW, "cli")
    with pytest.raises(InstrumentExists, match="ETH-USD"):
        await register(pool, second.model_copy(update={"aliases": ("ETH-USD",)}), NOW, "cli")
    await register(pool, second, NOW, "cli")
    before = (await read_registered(pool))[OTHER]
    renamed = before.instrument.model_copy(update={"aliases": ("ETH-USD",)})
    with pytest.raises(InstrumentExists):
        await change(pool, before, renamed, by="ops", at=NOW, producer="cli")


async def test_nothing_that_is_not_registered_is_changed(
    pool: Pool, declared: DeclaredInstruments
) -> None:
    instrument = declared.instrument_of(KEY)
    assert instrument is not None
    await register(pool, instrument, NOW, "cli")
    before = (await read_registered(pool))[KEY]
    await pool.execute("DELETE FROM instruments")
    with pytest.raises(InstrumentUnknown):
        await change(pool, before, before.instrument, by="ops", at=NOW, producer="cli")


async def test_rows_are_as_the_ledger_has_them_after_a_restore(
    pool: Pool, sink: Recorder, keeper: InstrumentKeeper
) -> None:
    """Given rows that are missing or say otherwise, then the next pass takes what was recorded."""
    await keeper.keep()
    before = (await read_registered(pool))[KEY]
    disabled = with_status(before.instrument, InstrumentStatus.DISABLED)
    await change(pool, before, disabled, by="ops", at=NOW, producer="cli")
    await keeper.keep()
    recorded = await history(pool)
    await pool.execute("DELETE FROM instruments WHERE instrument = $1 AND version = 2", KEY)
    lax = with_status(before.instrument, InstrumentStatus.REDUCE_ONLY)
    await change(pool, before, lax, by="somebody else", at=NOW, producer="cli")
    await InstrumentKeeper(pool, sink, declared_instruments(None, None)).keep()
    in_force = (await read_registered(pool))[KEY]
    assert in_force.instrument.status is InstrumentStatus.DISABLED
    assert await history(pool) == recorded


async def test_a_process_takes_over_changes_and_keeps_what_it_knows_in_an_outage(
    database_dsn: str, pool: Pool, declared: DeclaredInstruments
) -> None:
    registry = InstrumentRegistry(declared)
    reading = await open_pool(database_dsn, role="tradewind_risk")
    watch = InstrumentWatch(reading, registry)
    await watch.refresh()
    known = registry.instrument_of(KEY)
    assert known is not None
    assert known.version == 0
    await register(pool, with_status(known, InstrumentStatus.DISABLED), NOW, "cli")
    await watch.refresh()
    changed = registry.instrument_of(KEY)
    assert changed is not None
    assert (changed.version, changed.status) == (1, InstrumentStatus.DISABLED)
    await reading.close()
    with pytest.raises(Exception, match="pool is clos"):
        await watch.refresh()
    assert registry.instrument_of(KEY) == changed


async def test_roles_see_a_change_within_seconds(
    database_dsn: str, pool: Pool, declared: DeclaredInstruments
) -> None:
    instrument = declared.instrument_of(KEY)
    assert instrument is not None
    async with opened_instruments(database_dsn, "tradewind_risk", declared) as registry:
        await register(pool, with_status(instrument, InstrumentStatus.DISABLED), NOW, "cli")

        async def is_seen() -> bool:
            found = registry.instrument_of(KEY)
            return found is not None and found.status is InstrumentStatus.DISABLED

        await wait_until(is_seen)


async def test_a_registration_reaches_the_stream_on_the_key_of_its_pair(
    harness: LedgerHarness, declared: DeclaredInstruments
) -> None:
    publisher = Publisher(harness.connection)
    keeper = InstrumentKeeper(harness.pool, publisher, declared)
    async with harness.coordinator():
        await keeper.keep()
        await harness.recorded_at_least(len(declared.listed))
        await keeper.keep()
    await publisher.close()
    (event,) = await history(harness.pool)
    expected = registration(declared.listed[0], declared.registered_at)
    assert event.subject == f"instrument.registered.{KEY}._"
    assert event.to_bytes() == expected.to_bytes()


async def test_of_two_clients_who_change_it_at_once_the_first_wins(
    pool: Pool, keeper: InstrumentKeeper, declared: DeclaredInstruments
) -> None:
    """Given two who looked at the same version, then one changes it and the other is told who did;
    what was done is recorded once, and whoever repeats what it did is answered as before."""
    await keeper.keep()
    registrar = InstrumentRegistrar(pool, declared.tokens)
    wanted = {
        name: InstrumentChange.model_validate({"lot": lot})
        for name, lot in (("first", "1"), ("second", "2"))
    }
    outcomes = await asyncio.gather(
        *(
            registrar.change(KEY, change, Signature(name, "gateway", NOW), 1)
            for name, change in wanted.items()
        ),
        return_exceptions=True,
    )
    (conflict,) = [one for one in outcomes if isinstance(one, BaseException)]
    (won,) = [one for one in outcomes if not isinstance(one, BaseException)]
    assert isinstance(conflict, InstrumentConflict)
    assert won.changed_by is not None
    assert f"version 2, not 1: changed {NOW.isoformat()} by {won.changed_by}" in str(conflict)
    signature = Signature(won.changed_by, "gateway", NOW)
    assert await registrar.change(KEY, wanted[won.changed_by], signature, 1) == won
    await keeper.keep()
    assert [one.sequence for one in await history(pool)] == [1, 2]


async def test_a_pair_is_registered_once_by_whoever_asks_at_once(
    pool: Pool, declared: DeclaredInstruments
) -> None:
    """Given several who register a pair, then the same words are one registration, other words are
    refused, and so are tokens and names that there are not or are taken."""
    registrar = InstrumentRegistrar(pool, declared.tokens)
    wanted = InstrumentRegistration.model_validate(
        {"base": "WETH", "quote": "USDC", "aliases": ["ETH-USD"]}, strict=False
    )
    signature = Signature("key-1", "gateway", NOW)
    registered = await asyncio.gather(*(registrar.register(wanted, signature) for _ in range(4)))
    assert {(one.version, one.changed_by) for one in registered} == {(1, "key-1")}
    other = wanted.model_copy(update={"quote": "DAI"})
    with pytest.raises(InstrumentExists, match="ETH-USD"):
        await registrar.register(other, signature)
    with pytest.raises(InstrumentInvalid, match=r"^quote: NOPE on ethereum"):
        await registrar.register(wanted.model_copy(update={"quote": "NOPE"}), signature)
    plain = InstrumentRegistration(base="WETH", quote="DAI")
    await registrar.register(plain, signature)
    renamed = InstrumentChange(aliases=("ETH-USD",))
    with pytest.raises(InstrumentExists, match="ETH-USD"):
        await registrar.change("ethereum-WETH-DAI", renamed, signature)
    with pytest.raises(InstrumentUnknown):
        await registrar.change("ethereum-LINK-DAI", renamed, signature)
    by_alias = await registrar.change("ETH-USD", InstrumentChange(aliases=None), signature)
    assert (by_alias.key, by_alias.version, by_alias.aliases) == (KEY, 2, ())
