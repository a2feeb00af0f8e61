"""Capital, deposits, allocations and adjustments: every unit has two sides, in whatever order."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import asyncpg
import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.accounting.harness import AccountsHarness
from tests.settings import Settings
from tests.support.arrivals import arrive
from tests.support.examples import examples
from tests.support.factories import CHAIN, REGISTRY
from tests.support.trades import FIRST_DAY, in_ledger
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent, first_event, parse_event
from tradewind.contracts.ids import make_ulid
from tradewind.contracts.instruments.assets import RegisteredToken
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.wallets.causes import Consequence, DriftCause
from tradewind.contracts.wallets.identity import reconciliation_correlation
from tradewind.contracts.wallets.payloads import Adjustment, WalletReconciled, WalletResumed
from tradewind.contracts.wallets.report import (
    DriftPart,
    DriftRecord,
    ReconciliationReport,
    WalletCheck,
)
from tradewind.ledger.append.lease import Lease
from tradewind.ledger.append.writer import Ledger
from tradewind.operations.cli.portfolio_allocate import adjust, allocate, unallocated
from tradewind.operations.cli.portfolio_fund import fund
from tradewind.postgres import open_pool
from tradewind.trading.accounting import refold
from tradewind.trading.accounting.bookings import UNALLOCATED
from tradewind.trading.accounting.funding import (
    Capital,
    ReferenceUsed,
    TooLittleUnallocated,
    funding,
    keep_funding,
)

SHORT_EXAMPLES: Final = 20
TRADEWIND: Final = str(Path(sys.executable).with_name("tradewind"))
WALLET: Final = "1-0x52908400098527886E0F7030069857D2E4169EE7"
PORTFOLIOS: Final = ("fund", "other")
CAUSES: Final = (DriftCause.DEPOSIT, DriftCause.REBASE, DriftCause.FEE, DriftCause.FEE_ON_TRANSFER)
UNIT: Final = Decimal("0.000001")

type Told = tuple[AnyEvent, list[tuple[str, str, int]]]
"""An event, and what it means: portfolio, symbol, base units."""


def token(symbol: str) -> RegisteredToken:
    found = REGISTRY.by_symbol(CHAIN, symbol)
    assert found is not None
    return found


def capital(number: int, portfolio: str, symbol: str, amount: int, kind: str | None) -> Told:
    """Return a funding, an allocation or an adjustment of so many millionths."""
    given_token = token(symbol)
    direction = "in" if amount > 0 else "out"
    moved = Capital(portfolio, given_token, abs(amount) * UNIT, direction, None, kind)  # type: ignore[arg-type]
    event = funding(
        moved,
        requested_by="test",
        note="",
        reference=str(number),
        producer="test",
        at=FIRST_DAY + timedelta(minutes=number % 7),
    )
    units = amount * 10 ** (given_token.asset.decimals - 6)
    meaning = [(portfolio, symbol, units)]
    if kind == "allocation":
        meaning.append((UNALLOCATED, symbol, -units))
    return event, meaning


def part(cause: DriftCause, amount: int, tx: int | None) -> DriftPart:
    return DriftPart(
        cause=cause,
        amount=amount,
        consequence=Consequence.BOOKED,
        evidence="test",
        tx_hash=None if tx is None else f"0x{tx:064x}",
    )


def reconciled(number: int, block: int, symbol: str, parts: Sequence[DriftPart]) -> AnyEvent:
    """Return one of the reports of the look at a block."""
    report_id = make_ulid(number, number.to_bytes(10))
    asset, at = token(symbol).asset, FIRST_DAY + timedelta(minutes=number % 11)
    record = DriftRecord(
        wallet_id=WALLET,
        wallet_name="main",
        currency=symbol,
        token=asset.address,
        decimals=asset.decimals,
        ledger_balance=Decimal(0),
        chain_balance=Decimal(0),
        drift=Decimal(0),
        within_threshold=False,
        parts=tuple(parts),
    )
    check = WalletCheck(
        wallet_id=WALLET,
        name="main",
        address=WALLET.partition("-")[2],
        block_number=block,
        frozen=False,
    )
    report = ReconciliationReport(
        id=report_id,
        timestamp=at,
        threshold=Decimal(0),
        total_wallets=1,
        drifts_detected=1,
        drifts_within_threshold=0,
        drifts_exceeding_threshold=1,
        wallets=(check,),
        records=(record,),
    )
    return first_event(
        WalletReconciled(report=report),
        correlation_id=reconciliation_correlation(report_id),
        key=EventKey(),
        producer="treasury",
        at=at,
    )


def resumed(number: int, symbol: str, amount: int, tx: int | None) -> Told:
    adjustment = Adjustment(
        currency=symbol,
        token=token(symbol).asset.address,
        amount=amount,
        tx_hash=None if tx is None else f"0x{tx:064x}",
    )
    event = first_event(
        WalletResumed(
            wallet_id=WALLET, resumed_by="ada", note="looked at", adjustments=(adjustment,)
        ),
        correlation_id=reconciliation_correlation(make_ulid(number, number.to_bytes(10))),
        key=EventKey(),
        producer="operator",
        at=FIRST_DAY + timedelta(minutes=number % 5),
    )
    return event, [(UNALLOCATED, symbol, amount)]


amounts = st.integers(-(10**9), 10**9).filter(bool)
symbols = st.sampled_from(("USDC", "WETH", "LINK"))


@st.composite
def told(draw: st.DrawFn) -> list[Told]:
    """Make events of every kind; a look at a wallet may be told by two reports."""
    made: list[Told] = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        kind = draw(st.sampled_from(("funding", "allocation", "adjustment", "report", "answer")))
        symbol, amount = draw(symbols), draw(amounts)
        if kind == "report":
            cause, tx = draw(st.sampled_from(CAUSES)), draw(st.sampled_from((None, number)))
            parts = [part(cause, amount, tx), part(cause, 7, tx)]
            meaning = [(UNALLOCATED, symbol, amount + 7)]
            made.append((reconciled(number, number, symbol, parts), meaning))
            if draw(st.booleans()):
                made.append((reconciled(100 + number, number, symbol, parts), []))
        elif kind == "answer":
            made.append(resumed(200 + number, symbol, amount, draw(st.sampled_from((None, 1)))))
        else:
            portfolio = draw(st.sampled_from(PORTFOLIOS))
            known = None if kind == "funding" else kind
            made.append(capital(number, portfolio, symbol, amount, known))
    return made


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Told], list[list[tuple[AnyEvent, int]]]]:
    """Make events, and pages in which they come in any order, some of them again."""
    made = draw(told())
    recorded = in_ledger([event for event, _ in made])
    again = draw(st.lists(st.sampled_from(recorded), max_size=4))
    delivered = draw(st.permutations([*recorded, *again]))
    cut = draw(st.integers(0, len(delivered)))
    return made, [page for page in (delivered[:cut], delivered[cut:]) if page]


def test_balances_are_sums_of_entries_whatever_comes_when(
    database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refold, "SNAPSHOT_POSTINGS", 2)
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(database_dsn))
        harness = AccountsHarness(pool)

        @settings(max_examples=examples(SHORT_EXAMPLES))
        @given(deliveries())
        def compare(delivery: tuple[list[Told], list[list[tuple[AnyEvent, int]]]]) -> None:
            runner.run(_compare(harness, *delivery))

        try:
            compare()
        finally:
            runner.run(pool.close())


async def _compare(
    harness: AccountsHarness, made: list[Told], pages: list[list[tuple[AnyEvent, int]]]
) -> None:
    await harness.clear()
    for page in pages:
        changes = await harness.book(page)
        assert UNALLOCATED not in changes
    expected: defaultdict[tuple[str, str], int] = defaultdict(int)
    for _, meaning in made:
        for portfolio, symbol, units in meaning:
            expected[portfolio, symbol] += units
    for table in ("balances", "entries"):
        rows = await harness.pool.fetch(
            f"SELECT portfolio_id, symbol, sum(amount) FROM {table} GROUP BY 1, 2"
        )
        assert {(row[0], row[1]): int(row[2]) for row in rows} == expected
    names = [*PORTFOLIOS, UNALLOCATED]
    content = [await harness.content(name) for name in names]
    await harness.clear()
    in_order = {place: event for page in pages for event, place in page}
    await harness.book([(in_order[place], place) for place in sorted(in_order)])
    assert [await harness.content(name) for name in names] == content


KINDS: Final = {
    "a deposit": (DriftCause.DEPOSIT, 5, "DEPOSIT", "outside"),
    "a deposit that a reorg took": (DriftCause.DEPOSIT, -5, "WITHDRAWAL", "outside"),
    "a token that rebases": (DriftCause.REBASE, 5, "REBASE", "outside"),
    "a fee of the rollup": (DriftCause.FEE, -5, "ADJUSTMENT", "network"),
    "a fee on transfer": (DriftCause.FEE_ON_TRANSFER, -5, "ADJUSTMENT", "market"),
}


@pytest.mark.parametrize("case", KINDS)
async def test_each_cause_has_its_kind_and_its_other_side(
    harness: AccountsHarness, case: str
) -> None:
    cause, amount, kind, counter_account = KINDS[case]
    report = reconciled(1, 1, "USDC", [part(cause, amount, 1)])
    await harness.book(in_ledger([report]))
    (row,) = await harness.pool.fetch("SELECT * FROM entries")
    assert (row["portfolio_id"], row["kind"], row["counter_account"], row["amount"]) == (
        *(UNALLOCATED, kind, counter_account, amount),
    )
    assert row["tx_hash"] == f"0x{1:064x}"


async def test_what_is_open_or_noted_is_not_booked(harness: AccountsHarness) -> None:
    parts = [
        part(DriftCause.UNEXPLAINED, -5, None).model_copy(update={"consequence": consequence})
        for consequence in (Consequence.FROZEN, Consequence.NOTED)
    ]
    await harness.book(in_ledger([reconciled(1, 1, "USDC", parts)]))
    assert await harness.count("entries") == 0


async def test_tokens_that_came_are_allocated_on_the_command_line(
    harness: AccountsHarness, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a deposit of ten, then ten are allocated, once, and not more."""
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())
    deposit = reconciled(1, 1, "USDC", [part(DriftCause.DEPOSIT, 10 * 10**6, 1)])
    await harness.book(in_ledger([deposit]))
    shown = json.loads((await run(unallocated, "--json")).output)
    assert (shown["symbol"], shown["amount"]) == ("USDC", "10.000000")
    of_ten = ("fund", "--token", "USDC", "--amount", "10", "--reference", "one")
    told = (await run(allocate, *of_ten)).output
    assert told.startswith("10 USDC allocated to fund: ")
    assert "before" in (await run(allocate, *of_ten)).output
    refused = await run(allocate, "fund", "--token", "USDC", "--amount", "11")
    told = "0.000000 USDC are unallocated, 10 more are promised and not booked yet"
    assert told in str(refused.exception)
    other = await run(fund, *of_ten[:-2], "--reference", "one")
    assert isinstance(other.exception, ReferenceUsed)
    less = ("fund", "--token", "USDC", "--amount", "-1.5", "--note", "counted again")
    assert (await run(adjust, *less)).output.startswith("1.5 USDC taken off fund: ")
    kept = await harness.pool.fetch("SELECT body FROM ingress ORDER BY received_at")
    kinds = [json.loads(row[0])["payload"]["kind"] for row in kept]
    assert kinds == ["allocation", "adjustment"]


async def test_commands_at_once_do_not_get_more_than_there_is(
    harness: AccountsHarness, settings: Settings
) -> None:
    """Given ten, and four commands at once for four each, then two of them get theirs."""
    deposit = reconciled(1, 1, "USDC", [part(DriftCause.DEPOSIT, 10 * 10**6, 1)])
    await harness.book(in_ledger([deposit]))
    started = [await start_allocation(settings, f"fund{number}") for number in range(4)]
    ends = await asyncio.gather(*(one.communicate() for one in started))
    assert sorted(one.returncode or 0 for one in started) == [0, 0, 1, 1], ends
    refused = [ends[place][1] for place, one in enumerate(started) if one.returncode]
    assert all(b"2.000000 USDC are unallocated, 8 more" in one for one in refused), ends
    assert await harness.count("ingress") == 2


async def start_allocation(settings: Settings, portfolio_id: str) -> Process:
    """Run the command in a process of its own."""
    environment = os.environ | {
        "TRADEWIND_NATS_URL": settings.nats_url,
        "TRADEWIND_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
        "TRADEWIND_REDIS_URL": settings.redis_url.get_secret_value(),
    }
    words = ("portfolio", "allocate", portfolio_id, "--token", "USDC", "--amount", "4")
    return await asyncio.create_subprocess_exec(
        TRADEWIND, *words, env=environment, stdout=PIPE, stderr=PIPE
    )


async def test_an_allocation_waits_for_the_one_before_it(
    harness: AccountsHarness, database_dsn: str
) -> None:
    """Given one that is kept and not committed, then another one waits, and sees what it took."""
    deposit = reconciled(1, 1, "USDC", [part(DriftCause.DEPOSIT, 10 * 10**6, 1)])
    await harness.book(in_ledger([deposit]))
    # Neither ends by itself, however long the other one takes.
    connections: list[Any] = [await asyncpg.connect(database_dsn) for _ in range(2)]
    before, after = connections

    async def allocate_six(connection: Any, number: int) -> bool:
        event, _ = capital(number, f"fund{number}", "USDC", 6 * 10**6, "allocation")
        async with connection.transaction():
            return await keep_funding(connection, event)

    async def one_waits() -> bool:
        query = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'"
        return bool(await harness.pool.fetchval(query, after.get_server_pid()))

    try:
        async with before.transaction():
            assert await allocate_six(before, 1)
            waiting = asyncio.create_task(allocate_six(after, 2))
            await wait_until(one_waits)
        with pytest.raises(TooLittleUnallocated, match=r"^4\.0+ USDC are unallocated, 6[.0]* more"):
            await waiting
    finally:
        for connection in connections:
            await connection.close()
    assert await harness.count("ingress") == 1


async def test_an_allocation_counts_once_while_it_is_kept_recorded_and_booked(
    harness: AccountsHarness, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())
    deposit = reconciled(1, 1, "USDC", [part(DriftCause.DEPOSIT, 10 * 10**6, 1)])
    await harness.book(in_ledger([deposit]))
    assert (await run(allocate, "fund", "--token", "USDC", "--amount", "4")).exit_code == 0
    event: AnyEvent = parse_event(bytes(await harness.pool.fetchval("SELECT body FROM ingress")))
    too_much = ("fund", "--token", "USDC", "--amount", "7")
    promised = "6.000000 USDC are unallocated, 4 more are promised and not booked yet"
    assert promised in str((await run(allocate, *too_much)).exception)
    await record(harness, event)
    assert promised in str((await run(allocate, *too_much)).exception)
    await harness.book([(event, 1)])
    await harness.pool.execute("UPDATE book_cursor SET global_seq = 1")
    refused = str((await run(allocate, *too_much)).exception)
    assert refused == "6.000000 USDC are unallocated"


async def record(harness: AccountsHarness, event: AnyEvent) -> None:
    """Record an event as the coordinator does, and leave it unbooked."""
    position = await Lease(harness.pool, "test").acquire()
    assert position is not None
    await Ledger(harness.pool, position.epoch).append(arrive([event]))


async def run(command: click.Command, *arguments: str) -> Result:
    """Run a command in a thread of its own, because it has a loop of its own."""
    invoke: Callable[..., Result] = CliRunner().invoke
    return await asyncio.to_thread(invoke, command, arguments)
