"""Reads what book, accounts and treasury say at the end, with plain SQL."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.administrator import Row
from tests.chaos.harness import PlatformHarness
from tests.support.settlement.chain_record import Balances
from tests.support.waiting import wait_until

PATIENCE_SECONDS: Final = 30.0
"""How long the treasury may take to compare the wallet with the last blocks."""
SETTLED: Final = """
SELECT c.global_seq >= w.last_global_seq
    AND NOT EXISTS (SELECT FROM allocations WHERE status = 'claimed')
    AND NOT EXISTS (SELECT FROM portfolio_outbox)
    AND NOT EXISTS (SELECT FROM portfolios WHERE changed_seq > told_seq)
FROM book_cursor AS c CROSS JOIN writer AS w
"""
EVENTS: Final = """
SELECT e.correlation_id, e.sequence, e.global_seq, e.topic, e.portfolio, e.instrument, e.producer,
    e.event_id, i.body_sha256,
    (
        e.payload - '{checks,plan,steps,step}'::text[] #- '{inputs,book,positions}'
    )::text AS payload
FROM events AS e JOIN event_index AS i USING (global_seq)
WHERE e.topic = ANY($1)
ORDER BY e.global_seq
"""
TOPICS: Final = (
    *("risk.screened", "risk.approved", "risk.rejected", "plan.created", "plan.rejected"),
    *("exec.step_submitted", "exec.step_filled", "exec.completed", "exec.failed"),
    *("intent.expired", "intent.cancelled"),
    *("portfolio.opened", "portfolio.updated", "portfolio.funded"),
)
ALLOCATIONS: Final = """
SELECT intent_id, portfolio_id, status, is_approval, day, notional_usd, budget_usd, claim_amount,
    used_amount, received_amount, released_amount, decision
FROM allocations
"""
PORTFOLIOS: Final = (
    "SELECT portfolio_id, day, day_notional_usd, changed_seq, told_seq FROM portfolios"
)
UNFINISHED: Final = """
SELECT (SELECT count(*) FROM portfolio_outbox) AS outbox,
    (SELECT count(*) FROM fill_conflicts) AS conflicts,
    (SELECT last_global_seq FROM writer) - (SELECT global_seq FROM book_cursor) AS unsettled
"""
WALLETS: Final = """
SELECT w.address, w.halted_reason, b.token, b.currency, b.ledger::text, b.chain::text
FROM wallets AS w LEFT JOIN wallet_balances AS b USING (chain_id, address)
"""
BOOKINGS: Final = "SELECT token, amount::text, cause, tx_hash FROM wallet_bookings"


@dataclass
class BookEvidence:
    """What book, accounts and treasury say, and what the chain says of the wallet."""

    events: list[Row] = field(default_factory=list)
    """Recorded events that begin, use and end claims or move capital, in the ledger's order, and
    those of portfolios' own histories. `payload` is a document."""
    allocations: dict[str, Row] = field(default_factory=dict)
    """By intent."""
    portfolios: dict[str, Row] = field(default_factory=dict)
    outbox: int = 0
    conflicts: int = 0
    unsettled: int = 0
    wallets: list[Row] = field(default_factory=list)
    """Wallets with a row for each balance."""
    bookings: list[Row] = field(default_factory=list)
    balances: Balances | None = None
    """What the chain's node says that the wallet has; None where there is no chain."""
    signed: dict[str, int] = field(default_factory=dict)
    """The first look that saw something signed, by plan or by hash of an order."""
    restores: int = 0
    """How often the database was restored."""


async def book_settled(harness: PlatformHarness, patience_seconds: float) -> None:
    """Wait, at most so long, until the book has followed the ledger and claims nothing."""

    async def is_settled() -> bool:
        return bool(await harness.database.value(SETTLED))

    # What is not settled by then is a finding, and the other checks still follow.
    with suppress(TimeoutError):
        await wait_until(is_settled, seconds=patience_seconds)


async def collect_book(harness: PlatformHarness) -> BookEvidence:
    """Read everything in one snapshot, then the chain once the treasury has seen its end."""
    await harness.desk.signatures.look()
    events, allocations, portfolios, unfinished = await harness.database.at_once(
        (EVENTS, list(TOPICS)), ALLOCATIONS, PORTFOLIOS, UNFINISHED
    )
    found = BookEvidence(
        events=[row | {"payload": json.loads(row["payload"])} for row in events],
        allocations={row["intent_id"]: row for row in allocations},
        portfolios={row["portfolio_id"]: row for row in portfolios},
        **unfinished[0],
        signed=dict(harness.desk.signatures.first_seen),
        restores=harness.desk.restores,
    )
    if harness.chain is not None:
        await _read_wallet(harness, found)
    return found


async def _read_wallet(harness: PlatformHarness, found: BookEvidence) -> None:
    """Read wallet and chain, again for a while until the treasury has compared the last block."""
    chain = harness.chain
    assert chain is not None
    tokens = [token.address for token in chain.chain.deployment.tokens]

    async def agrees() -> bool:
        found.balances = await chain.record.balances(tokens)
        found.wallets, found.bookings = await harness.database.at_once(WALLETS, BOOKINGS)
        return not unlike_the_chain(found)

    with suppress(TimeoutError):
        await wait_until(agrees, seconds=PATIENCE_SECONDS)


def unlike_the_chain(evidence: BookEvidence) -> list[str]:
    """Return the balances that treasury and chain do not tell alike."""
    balances = evidence.balances
    if balances is None:
        return []
    found = []
    for row in evidence.wallets:
        if row["token"] is None:
            found.append("a wallet has no books")
            continue
        actual = balances.wei if row["token"] == "" else balances.tokens.get(row["token"].lower())
        told = int(row["ledger"]), int(row["chain"])
        if actual is not None and told != (actual, actual):
            found.append(f"{row['currency']}: books {told[0]}, seen {told[1]}, chain {actual}")
    return found
