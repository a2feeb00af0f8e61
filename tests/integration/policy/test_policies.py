"""Policies in a database: applied one at a time, in force at once, kept as the ledger has them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
from click.testing import CliRunner

from actors.portfolio.decide import decide as judge
from actors.risk.decide import decide as screen
from actors.risk.instructions import Instructions
from actors.risk.screening import Prices
from tests.support.arrivals import arrive
from tests.support.factories import LINK, NOW, USDC, WETH, submitted
from tests.support.limits import RISK_LIMITS
from tests.support.policies import book, document
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.risk.limits import PolicyReference, PortfolioInputs
from tradewind.contracts.risk.policy import PolicyDocument, content_of_policy
from tradewind.ledger.append.lease import Lease
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.operations.cli import command_line
from tradewind.postgres import Pool, open_pool
from tradewind.runtime.decisions import DecisionUnavailable
from tradewind.trading.policy import store
from tradewind.trading.policy.application import (
    PolicyChanged,
    PolicyLoosens,
    apply,
    compare,
)
from tradewind.trading.policy.events import application_of, definition_of
from tradewind.trading.policy.journal import PolicyJournal
from tradewind.trading.policy.policy_file import PolicyRefused
from tradewind.trading.policy.risk_policy import RiskPolicy
from tradewind.trading.policy.store import (
    NO_POLICY,
    AppliedPolicy,
    PolicyMissing,
    apply_policies,
    current_policy,
)
from tradewind.trading.pricing.pools.price_quote import PriceQuote

FIRST = document("hard: {max_notional_usd: 1000}")
TIGHTER = document("hard: {max_notional_usd: 900}")
OTHER = document("hard: {max_notional_usd: 800}")


class Recorded(NamedTuple):
    event: AnyEvent


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Return connections to a fresh, migrated database."""
    store._read.clear()
    pool = await open_pool(database_dsn, max_size=12)
    yield pool
    # Readers hold their connections, so nobody waits until they have given them back.
    pool.terminate()


async def applied(pool: Pool, wanted: PolicyDocument, **options: Any) -> PolicyReference:
    async with pool.acquire() as connection:
        compared = options.pop("compared", None) or await compare(connection, wanted)
        arguments: dict[str, Any] = {
            "applied_by": "alice",
            "may_loosen": False,
            "at": NOW,
        }
        return await apply(connection, compared, producer="cli", **arguments | options)


async def kept_events(pool: Pool) -> list[AnyEvent]:
    rows = await pool.fetch("SELECT body FROM ingress ORDER BY received_at, event_id")
    return [parse_event(bytes(row["body"])) for row in rows]


async def test_before_the_first_policy_there_is_none(pool: Pool) -> None:
    assert await Instructions(pool).policy() == NO_POLICY


async def test_a_policy_is_in_force_when_it_was_applied_and_its_events_are_kept(pool: Pool) -> None:
    instructions = Instructions(pool)
    await instructions.policy()
    reference = await applied(pool, FIRST)
    assert reference == PolicyReference(version=1, content=content_of_policy(FIRST))
    assert await instructions.policy() == (reference, store._read[content_of_policy(FIRST)])
    events = {event.topic: event for event in await kept_events(pool)}
    assert events["system.risk_limits_defined"] == definition_of(FIRST)
    assert events["system.risk_limits_applied"].payload.policy == reference
    assert events["system.risk_limits_applied"].payload.applied_by == "alice"


async def test_messages_that_come_together_read_the_policy_once(pool: Pool) -> None:
    reference = await applied(pool, FIRST)
    found = await asyncio.gather(*(Instructions(pool).policy() for _ in range(3)))
    instructions = Instructions(pool)
    found += await asyncio.gather(*(instructions.policy() for _ in range(20)))
    assert {one.reference for one in found} == {reference}


async def test_policy_and_requests_to_cancel_are_read_in_one_statement(pool: Pool) -> None:
    """Given messages that are decided at once, then what they ask of either is asked together."""
    instructions, queries = Instructions(pool), []
    reference = await applied(pool, FIRST)
    await instructions.policy()
    held = instructions._connection._held
    assert held is not None
    held.add_query_logger(lambda one: queries.append(one.query))
    for_each = [
        asyncio.gather(instructions.find_cancellation(f"intent-{number}"), instructions.policy())
        for number in range(3)
    ]
    answers = [await one for one in for_each]
    assert [(asked, policy.reference) for asked, policy in answers] == [(None, reference)] * 3
    assert len(queries) == 1


async def test_applying_what_is_in_force_changes_nothing(pool: Pool) -> None:
    first = await applied(pool, FIRST)
    assert await applied(pool, FIRST, at=NOW + timedelta(days=1)) == first
    assert len(await kept_events(pool)) == 2


async def test_a_policy_that_comes_back_is_defined_once(pool: Pool) -> None:
    await applied(pool, TIGHTER)
    await applied(pool, OTHER)
    third = await applied(pool, TIGHTER, may_loosen=True)
    assert third == PolicyReference(version=3, content=content_of_policy(TIGHTER))
    topics = [event.topic for event in await kept_events(pool)]
    assert topics.count("system.risk_limits_defined") == 2
    assert topics.count("system.risk_limits_applied") == 3


async def test_loosening_needs_to_be_allowed_and_is_told(pool: Pool) -> None:
    await applied(pool, TIGHTER)
    with pytest.raises(PolicyLoosens, match="defaults: max_notional_usd 900 -> 1000"):
        await applied(pool, FIRST)
    async with pool.acquire() as connection:
        assert (await current_policy(connection)).reference.version == 1
    await applied(pool, FIRST, may_loosen=True)
    told = [event.payload.loosened for event in await kept_events(pool) if "applied" in event.topic]
    assert ("defaults: max_notional_usd 900 -> 1000",) in told


async def test_of_two_who_apply_at_once_one_is_told_of_the_other(pool: Pool) -> None:
    await applied(pool, FIRST)
    async with pool.acquire() as connection:
        both = [await compare(connection, one) for one in (TIGHTER, OTHER)]
    outcomes = await asyncio.gather(
        *(applied(pool, one.document, compared=one) for one in both), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, PolicyChanged)]
    won = [one for one in outcomes if isinstance(one, PolicyReference)]
    assert (len(refused), len(won)) == (1, 1)
    assert "version 2 is in force by now" in str(refused[0])
    async with pool.acquire() as connection:
        assert (await current_policy(connection)).reference == won[0]
    assert len(await kept_events(pool)) == 4


async def test_nobody_changes_or_forges_what_was_applied(pool: Pool) -> None:
    await applied(pool, FIRST)
    for table in ("risk_policies", "risk_policy_applications"):
        for change in (f"UPDATE {table} SET content = content", f"DELETE FROM {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(change)
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute(
            "INSERT INTO risk_policies (content, body) VALUES ($1, $2)", "ab" * 32, b"{}"
        )


async def test_a_restored_database_learns_from_the_ledger_what_it_lacks(pool: Pool) -> None:
    await applied(pool, FIRST)
    reference = PolicyReference(version=2, content=content_of_policy(TIGHTER))
    lost = application_of(reference, "bob", [], "cli", NOW + timedelta(seconds=1))
    page = [Recorded(lost), Recorded(definition_of(TIGHTER))]
    async with pool.acquire() as connection:
        await apply_policies(connection, page[:1])
        with pytest.raises(PolicyMissing):
            await current_policy(connection)
        with pytest.raises(DecisionUnavailable):
            await Instructions(pool).policy()
        for _ in range(2):
            await apply_policies(connection, page)
        found = await current_policy(connection)
        assert (found.reference, found.policy.document) == (reference, TIGHTER)
        older = application_of(
            reference.model_copy(update={"content": "ab" * 32}), "eve", [], "cli", NOW
        )
        await apply_policies(connection, [Recorded(older)])
        assert (await current_policy(connection)).reference == reference
    assert (await applied(pool, OTHER)).version == 3


async def test_while_the_database_is_away_nothing_is_decided() -> None:
    pool = await open_pool("postgresql://nobody@127.0.0.1:1/nothing", max_size=1)
    with pytest.raises(DecisionUnavailable):
        await Instructions(pool).policy()
    pool.terminate()


async def test_what_a_policy_decided_is_read_from_the_ledger_with_its_bytes(pool: Pool) -> None:
    """Given mappings with keys of any length, whose order the ledger does not keep."""
    named = document(
        """
        hard: {max_notional_usd: 1000, max_slippage_bps: 50}
        defaults: {max_price_age_seconds: 30, price_collar_bps: 200}
        portfolios: {zz: {}, a: {}, demo: {max_open_intents: 3, max_leverage: 2}}
        instruments:
          ethereum-WETH-USDC: {lot_amount: 0.5, max_order_amount: 3}
          ethereum-LINK-USDC: {}
          ethereum-WBTC-USDC: {}
          b-A-B: {}
        """
    )
    reference = PolicyReference(version=1, content=content_of_policy(named))
    policy = AppliedPolicy(reference, RiskPolicy(named))
    opening = submitted()
    price = PriceQuote(Decimal(1), 17, NOW, 0)
    (rejected,) = screen(opening, Prices(price, price), RISK_LIMITS, NOW, None, policy)
    limits = policy.policy.portfolio_limits("demo", opening.payload.intent)
    other = submitted(2)
    (passed,) = screen(other, Prices(price, price), RISK_LIMITS, NOW)
    stood = book(claimed={USDC.address: 5, WETH.address: 7, LINK.address: 9})
    inputs = PortfolioInputs(policy=reference, limits=limits, book=stood)
    follow = judge(passed, inputs, NOW)
    histories = [[definition_of(named)], [opening, rejected], [other, passed, *follow]]
    lease = await Lease(pool, "test").acquire()
    assert lease is not None
    for history in histories:
        await Ledger(pool, lease.epoch).append(arrive(history))
        recorded = await LedgerReader(pool).history(history[0].correlation_id)
        assert [one.body for one in recorded] == [event.to_bytes() for event in history]


class Terminal:
    """Runs `tradewind limits` on a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def run(self, command: str, text: str = "", *options: str) -> tuple[int, str]:
        words = ["limits", command, *options]
        if text:
            self._file.write_text(text)
            words.append(str(self._file))
        result = CliRunner().invoke(command_line, words)
        error = "" if result.exception is None else f"{result.exception}"
        return result.exit_code, result.output + error


@pytest.fixture
def terminal(database_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a command line that knows the database."""
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", database_dsn)
    return Terminal(tmp_path / "risk.yaml")


def test_limits_on_the_command_line(terminal: Terminal) -> None:
    loose = "hard: {max_notional_usd: 1000}\nportfolios: {fund: {max_notional_usd: 2000}}"
    assert terminal.run("show") == (0, "no policy was ever applied: only the settings limit\n")
    exit_code, output = terminal.run("check", loose)
    told = "max_notional_usd 2000 (portfolio fund) can never be reached, because of"
    assert (exit_code, output) == (1, f"portfolio fund: {told} max_notional_usd 1000 (hard)")
    assert terminal.run("check", "hard: {max_notional_usd: 1000}")[0] == 0
    assert terminal.run("check", "hard: {max_notional_usd: -1}")[0] == 1

    exit_code, output = terminal.run("diff", loose)
    assert exit_code == 0
    assert "more is let through" not in output
    exit_code, output = terminal.run("apply", loose, "--by", "alice")
    assert exit_code == 0
    assert f"a contradiction: portfolio fund: {told}" in output
    assert "version 1 is in force: 2 limits changed, 0 loosened" in output

    tight = "hard: {max_notional_usd: 900}"
    assert "900" in terminal.run("diff", tight)[1]
    assert terminal.run("apply", tight)[0] == 0
    exit_code, output = terminal.run("apply", loose)
    assert exit_code == 1
    assert "1 limits let more through: defaults: max_notional_usd 900 -> 1000" in output
    assert terminal.run("apply", loose, "--loosen")[0] == 0
    assert "version 3 is in force already" in terminal.run("apply", loose)[1]

    shown = terminal.run("show")[1]
    assert shown.startswith("version 3, applied ")
    assert "portfolio fund  max_notional_usd  2000" in shown
    assert '"max_notional_usd": "2000"' in terminal.run("show", "", "--json")[1]


async def test_who_tightens_at_once_loses_nothing_of_each_other(pool: Pool) -> None:
    """Given two changes of other limits at the same time, then both are in force in the end: who
    came second is told, looks again, and nothing of the first one is taken back."""
    await applied(pool, FIRST)
    journal = PolicyJournal(pool)
    said: dict[str, Any] = {"producer": "gateway", "at": NOW, "expected_version": None}

    async def tighten(text: str, by: str) -> None:
        while True:
            try:
                return await journal.tighten(document(text), applied_by=by, **said)
            except PolicyChanged:
                await asyncio.sleep(0)

    await asyncio.gather(
        tighten("hard: {max_open_intents: 3}", "a"),
        tighten("portfolios: {fund: {max_notional_usd: 10}}", "b"),
        tighten("defaults: {max_slippage_bps: 5}", "c"),
    )
    found = await journal.in_force()
    assert found.document == document(
        "hard: {max_notional_usd: 1000, max_open_intents: 3}\n"
        "defaults: {max_slippage_bps: 5}\nportfolios: {fund: {max_notional_usd: 10}}"
    )
    listed = await journal.history(None, 2)
    rest = await journal.history(listed[-1].application_id, 5)
    assert [one.version for one in (*listed, *rest)] == [4, 3, 2, 1]
    assert {one.applied_by for one in (*listed, *rest)} == {"a", "b", "c", "alice"}
    with pytest.raises(PolicyLoosens):
        await journal.tighten(document("hard: {max_open_intents: 4}"), applied_by="a", **said)
    with pytest.raises(PolicyRefused, match=r"^hard: min_notional_usd: is more than the most"):
        await journal.tighten(document("hard: {min_notional_usd: 5000}"), applied_by="a", **said)
    assert await journal.in_force() == found


async def test_an_application_is_kept_with_what_it_changed(pool: Pool) -> None:
    await applied(pool, FIRST)
    await applied(pool, TIGHTER)
    told = [one.payload.changes for one in await kept_events(pool) if "applied" in one.topic]
    assert sorted(told) == [
        ("hard: max_notional_usd 1000 -> 900",),
        ("hard: max_notional_usd none -> 1000",),
    ]


def test_policies_are_listed_on_the_command_line(terminal: Terminal) -> None:
    assert terminal.run("history") == (0, "no policy was ever applied\n")
    for text in ("hard: {max_notional_usd: 9}", "hard: {max_notional_usd: 8}"):
        assert terminal.run("apply", text)[0] == 0
    rows = terminal.run("history")[1].splitlines()
    assert [row.split()[0] for row in rows] == ["version", "2", "1"]
    assert len(terminal.run("history", "", "--limit", "1")[1].splitlines()) == 2
