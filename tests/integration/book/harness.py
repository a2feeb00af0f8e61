"""Screens intents, decides them against a limit, carries them out, and looks into the book."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from actors.portfolio.actors import judge_intent
from actors.portfolio.ports import PORTFOLIO_ROLE, PortfolioPorts
from actors.portfolio.settlement import SettlementLoop
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.support.factories import screened, submitted
from tradewind.contracts.envelope import AnyEvent, Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.contracts.risk.policy import GeneralLimits, PolicyDocument, content_of_policy
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.risk_limits import RiskLimitsApplied
from tradewind.ledger.records import to_recorded
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import Publisher, clock
from tradewind.runtime.decisions import Decision
from tradewind.trading.book.claims import LOCK_TIMEOUT_SECONDS, Claims
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.seams import Market
from tradewind.trading.policy.store import keep_application, keep_policy

NO_MARKET: Final = Market(lambda _: None)
NOTIONAL_USD: Final = 3_000
"""What each of the intents below is worth."""
TX_HASH: Final = "0x" + "ab" * 32
MAX_AMOUNT_IN: Final = 3_150 * 10**6


def screened_now(number: int, **changes: Any) -> Event[RiskScreened]:
    """Return risk.screened of the `number`th intent, which was submitted just now."""
    at = clock.now()
    event = screened(number, at=at, **changes)
    payload = event.payload.model_copy(update={"max_amount_in": MAX_AMOUNT_IN})
    return event.model_copy(update={"payload": payload})


def history_of(event: Event[RiskScreened]) -> list[AnyEvent]:
    """Return the history up to risk.screened."""
    payload = event.payload
    opening = submitted(at=event.timestamp).payload.model_copy(
        update={
            "intent_id": payload.intent_id,
            "intent": payload.intent,
            "expires_at": payload.expires_at,
        }
    )
    first = first_event(
        opening,
        correlation_id=event.correlation_id,
        key=event.key,
        producer="gateway",
        at=event.timestamp,
    )
    return [first, event]


async def apply_limits(pool: Pool, **limits: Any) -> None:
    """Put a policy into force that has these limits for every portfolio."""
    document = PolicyDocument(defaults=GeneralLimits(**limits))
    async with pool.acquire() as connection, connection.transaction():
        version = await connection.fetchval("SELECT count(*) + 1 FROM risk_policy_applications")
        reference = PolicyReference(version=version, content=content_of_policy(document))
        payload = RiskLimitsApplied(policy=reference, applied_by="test")
        event = first_event(
            payload,
            correlation_id=make_correlation_id(CorrelationKind.SYSTEM, f"limits-{version}"),
            key=EventKey(),
            producer="test",
            at=clock.now(),
        )
        await keep_policy(connection, document)
        await keep_application(connection, event)


class Desk:
    """A process of the portfolio stage, without a process: its book and its loop."""

    def __init__(self, pool: Pool, claims: Claims, loop: SettlementLoop, fence: Fence) -> None:
        self.pool = pool
        self.claims = claims
        self.loop = loop
        self.fence = fence
        self.ports = PortfolioPorts(clock.now, book=claims)

    async def judge(self, event: Event[RiskScreened]) -> Decision:
        """Decide about an intent, as the actor does."""
        return await judge_intent(event, self.ports)

    async def settled(self) -> None:
        """Settle until the book follows everything that the ledger has."""

        async def is_settled() -> bool:
            await self.loop.work()
            row = await self.pool.fetchrow(
                "SELECT global_seq, last_global_seq FROM book_cursor, writer"
            )
            return bool(row[0] == row[1])

        await wait_despite_outages(is_settled)

    async def proven(self) -> None:
        """Pass until the database is proven to have every approval."""
        while self.fence.known_commits == 0 and not await self._is_proven():
            await asyncio.sleep(0.02)

    async def _is_proven(self) -> bool:
        await self.loop.work()
        return self.fence._proven is not None


@asynccontextmanager
async def opened_desk(harness: LedgerHarness, market: Market = NO_MARKET) -> AsyncIterator[Desk]:
    """Open a desk of its own connections, as the role's login has them."""
    dsn = harness.settings.postgres_dsn.get_secret_value()
    pool = await open_pool(
        dsn, max_size=6, role=PORTFOLIO_ROLE, writes=True, lock_timeout_seconds=LOCK_TIMEOUT_SECONDS
    )
    publisher, fence = Publisher(harness.connection), Fence()
    loop = SettlementLoop(pool, harness.connection, publisher, fence, market)
    try:
        yield Desk(pool, Claims(pool, fence, market, to_recorded), loop, fence)
    finally:
        await publisher.close()
        pool.terminate()


async def statuses(pool: Pool) -> dict[str, str]:
    """Return what became of each intent that was decided."""
    return dict(await pool.fetch("SELECT intent_id, status FROM allocations"))


async def counters_are_sums(pool: Pool) -> bool:
    """Return whether each portfolio's budget is the sum of its allocations of that day."""
    return not await pool.fetch(
        "SELECT p.portfolio_id FROM portfolios AS p WHERE p.day_notional_usd <> coalesce("
        "(SELECT sum(budget_usd) FROM allocations AS a "
        "WHERE a.portfolio_id = p.portfolio_id AND a.day = p.day), 0)"
    )
