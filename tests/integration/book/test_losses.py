"""A loss beyond its limit stops a portfolio from buying, until a person lets it go on."""

from collections.abc import Collection
from typing import Any

import pytest

from tests.integration.book.harness import apply_limits, opened_desk, screened_now
from tests.integration.book.test_settlement import approved
from tests.integration.ledger.harness import LedgerHarness
from tradewind.contracts.system.trading_states import Scope, ScopeKind, TradingState
from tradewind.postgres import Connection
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.book import losses
from tradewind.trading.halts.store import worst_state

SCOPE = Scope(ScopeKind.PORTFOLIO, "demo")


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Return how many exits in a row lost money, as the accounts say."""
    count = {"losses": 2}

    async def read(_: Connection, names: Collection[str]) -> dict[str, Accounts]:
        return {name: Accounts(name, consecutive_losses=count["losses"]) for name in names}

    monkeypatch.setattr(losses, "read_all_accounts", read)
    return count


async def state_of(harness: LedgerHarness) -> Any:
    async with harness.pool.acquire() as connection:
        return await worst_state(connection, [SCOPE])


async def test_settlement_stops_a_portfolio_when_a_loss_reaches_its_limit(
    harness: LedgerHarness, lost: dict[str, int]
) -> None:
    await apply_limits(harness.pool, max_consecutive_losses=3)
    async with harness.coordinator(), opened_desk(harness) as desk:
        await desk.proven()
        first = await approved(harness, desk)
        await harness.publish(*first.until_submitted(), *first.fill(), *first.completion())
        await harness.drained()
        await desk.settled()
        assert (await state_of(harness)).state is TradingState.ACTIVE

        lost["losses"] = 3
        second = await approved(harness, desk, 2)
        await harness.publish(*second.until_submitted(), *second.fill(), *second.completion())
        await harness.drained()
        await desk.settled()
        found = await state_of(harness)
        assert (found.state, found.scope) == (TradingState.REDUCING, SCOPE)
        assert found.reason == (
            "CONSECUTIVE_LOSSES: 3 losses in a row reach the limit of 3 (defaults)"
        )
        row = await harness.pool.fetchrow("SELECT version, needs_person, until FROM trading_states")
        assert tuple(row) == (1, True, None)

        (refused,) = await desk.judge(screened_now(3))
        assert b'"reason":"TRADING_REDUCING"' in refused.data
        assert b"3 losses in a row" in refused.data


async def test_a_policy_that_is_not_recorded_yet_holds_up_no_settlement(
    harness: LedgerHarness, lost: dict[str, int]
) -> None:
    lost["losses"] = 3
    await apply_limits(harness.pool, max_consecutive_losses=3)
    async with harness.coordinator(), opened_desk(harness) as desk:
        await desk.proven()
        first = await approved(harness, desk)
        await harness.pool.execute(
            "INSERT INTO risk_policy_applications VALUES ('later', 2, repeat('ab', 32), 'x', now())"
        )
        await harness.publish(*first.until_submitted(), *first.fill(), *first.completion())
        await harness.drained()
        await desk.settled()
        assert (await state_of(harness)).state is TradingState.ACTIVE
