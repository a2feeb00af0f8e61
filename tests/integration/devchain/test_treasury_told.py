"""What is told about wallets: every event until the ledger has it, and a report to whoever asks."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

import pytest
from pydantic import SecretStr

from actors.treasury.announcements import Announcer
from actors.treasury.loop import run
from actors.treasury.settings import TreasurySettings
from tests.integration.devchain.test_venue import ChainHarness, harness, open_harness
from tests.integration.devchain.treasury_desk import (
    TOKENS,
    Desk,
    desk,
    drifting,
    swap,
)
from tests.support.arrivals import arrive
from tests.support.factories import USDC
from tests.support.waiting import wait_until
from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.wallets.causes import DriftCause
from tradewind.contracts.wallets.payloads import WalletRegistered, WalletTransactionSettled
from tradewind.ledger.append.lease import Lease
from tradewind.ledger.append.writer import Ledger
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.postgres import Pool
from tradewind.runtime import NatsConnection, connect, declare_streams
from tradewind.trading.treasury.announced import Announced
from tradewind.trading.treasury.records import NATIVE
from tradewind.trading.treasury.reports import Reports

__all__ = ["desk", "harness", "open_harness"]

NEVER = float("-inf")
"""What a pass's time is before the first pass has ended; a `datetime` of it has no time zone."""


async def test_the_role_answers_requests_and_looks_again_after_a_restore(
    desk: Desk,
    dev_chain: DevChain,
    database_dsn: str,
    nats_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ETH_RPC_URL", dev_chain.rpc_url)
    monkeypatch.setenv("CHAIN_ID", str(dev_chain.deployment.chain_id))
    settings = TreasurySettings(
        PLATFORM_MOCK_CHAIN=False, postgres_dsn=SecretStr(database_dsn), drift_dust="USDC=0.01"
    )
    await desk.give(USDC.address, 5)
    await desk.node.mine()
    async with await connect(nats_url, name="tests") as connection:
        await declare_streams(connection)
        await read_stream_as(desk, connection, "first")
        stopped, report_id = asyncio.Event(), await desk.ask()
        running = asyncio.create_task(run(settings, connection, stopped))
        try:
            await wait_until(lambda: Reports(desk.gateway).find(report_id), "there is a report")
            first = await passes_after(desk, NEVER)
            await read_stream_as(desk, connection, "restored")
            await passes_after(desk, first)
            topics = await told_topics(connection)
            assert {"wallet.registered", "wallet.reconciled"} <= topics
        finally:
            stopped.set()
            await running
    (record,) = drifting(await desk.found(report_id)).values()
    assert (record.currency, record.cause) == ("USDC", DriftCause.DEPOSIT)


async def passes_after(desk: Desk, earlier: float) -> float:
    """Wait for the end of a pass later than `earlier` and return its time, both as Unix seconds.

    A report is there before the pass that made it has ended.
    """

    passed_at = earlier

    async def is_later() -> bool:
        nonlocal passed_at
        query = "SELECT extract(epoch FROM passed_at)::float8 FROM wallet_turn"
        passed_at = await desk.owner.fetchval(query)
        return bool(passed_at > earlier)

    await wait_until(is_later, "there is a later pass")
    return passed_at


async def read_stream_as(desk: Desk, connection: NatsConnection, incarnation: str) -> None:
    """Have the ledger say that it has all of the stream, for which the treasury waits."""
    info = await connection.jetstream.stream_info("EVENTS")
    assert info.created is not None
    await desk.owner.execute(
        "UPDATE writer SET incarnation = $1, stream_created = $2, stream_sequence = 1000",
        incarnation,
        info.created.isoformat(),
    )


async def told_topics(connection: NatsConnection) -> set[str]:
    subjects = await connection.jetstream.stream_info("EVENTS", subjects_filter="wallet.>")
    assert subjects.state.subjects is not None
    return {".".join(subject.split(".")[:2]) for subject in subjects.state.subjects}


class Published:
    """A broker that takes everything."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []

    async def publish_all(self, events: Iterable[AnyEvent]) -> None:
        self.events += events


async def test_everything_is_told_until_the_ledger_has_it(
    harness: ChainHarness, desk: Desk
) -> None:
    """Given swaps, approvals and a report, then each is told with the same bytes by whoever tells
    it, no history stays open, and what they moved is what the wallet holds."""
    await swap(harness, 1, 2)
    report = await desk.report()
    first, second = Published(), Published()
    for broker in (first, second):
        await announcer(desk, broker).tell()
    assert list(map(AnyEvent.to_bytes, first.events)) == list(map(AnyEvent.to_bytes, second.events))
    topics = Counter(event.topic for event in first.events)
    assert topics == {
        "wallet.registered": 1,
        "wallet.transaction_settled": 4,
        "wallet.reconciled": len(await Reports(desk.owner).page(None, 9)),
    }
    requests = await desk.owner.fetch("SELECT request FROM wallet_reports ORDER BY requested_at")
    events = [*(parse_event(row["request"]) for row in requests), *first.events]
    await record(desk.owner, events)
    third = Published()
    for _ in range(2):
        await announcer(desk, third).tell()
    assert third.events == []
    standing = (
        "SELECT last_topic FROM correlation_head WHERE is_open AND last_topic LIKE 'wallet.%'"
    )
    assert await desk.owner.fetch(standing) == []
    assert held(events) == {
        one.currency: one.chain_balance for one in report.records if one.currency in held(events)
    }


def announcer(desk: Desk, broker: Published) -> Announcer:
    return Announcer(Announced(desk.pool), broker, 31_337)


async def record(pool: Pool, events: Sequence[AnyEvent]) -> None:
    """Record events as the coordinator does."""
    position = await Lease(pool, "test").acquire()
    assert position is not None
    appended = await Ledger(pool, position.epoch).append(arrive(list(events)))
    assert len(appended.appended) == len(events)


def held(events: Sequence[AnyEvent]) -> dict[str, Decimal]:
    """Return what the wallet holds by its events alone."""
    units: Counter[str] = Counter()
    known = {one.address: one for one in TOKENS}
    for payload in (event.payload for event in events):
        if isinstance(payload, WalletRegistered):
            units.update({one.token or NATIVE: one.amount for one in payload.balances})
        elif isinstance(payload, WalletTransactionSettled):
            units[NATIVE] -= payload.fee_wei or 0
            if payload.swap is not None:
                units[payload.swap.token_in] -= payload.swap.amount_in
                units[payload.swap.token_out] += payload.swap.amount_out
    return {
        known[address].currency: from_base_units(amount, known[address].decimals)
        for address, amount in units.items()
    }
