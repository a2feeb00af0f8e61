"""A loss beyond its limit stops a portfolio for as long as nobody resumes it."""

from decimal import Decimal
from typing import Any

import pytest

from tests.integration.book.harness import Desk, apply_limits, opened_desk, screened_now
from tests.integration.ledger.harness import LedgerHarness
from tradewind.contracts.envelope import parse_event
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.system.trading_states import Scope, TradingState
from tradewind.trading.book.claims import Claims
from tradewind.trading.halts.journal import StateJournal
from tradewind.trading.halts.records import StateChange


async def test_a_loss_stops_a_portfolio_until_a_person_resumes_it(
    harness: LedgerHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a loss beyond the limit, then another day or a better price does not lift the state."""
    await apply_limits(harness.pool, max_daily_loss_usd=Decimal(100))
    read, journal = Claims.inputs, StateJournal(harness.pool)

    async def lost(self: Claims, *arguments: Any, **named: Any) -> PortfolioInputs:
        inputs: PortfolioInputs = await read(self, *arguments, **named)
        book = inputs.book.model_copy(update={"day_profit_usd": Decimal(-101)})
        return inputs.model_copy(update={"book": book})

    async with opened_desk(harness) as desk:
        await desk.proven()
        monkeypatch.setattr(Claims, "inputs", lost)
        for number, reason in ((1, "DAILY_LOSS_LIMIT"), (2, "TRADING_REDUCING")):
            assert await _reason(desk, number) == reason
            (state,) = await journal.states()
        assert (state.state, state.version, state.needs_person) == (TradingState.REDUCING, 1, True)
        assert state.scope == Scope.parse("portfolio:demo")
        assert state.reason.startswith("DAILY_LOSS_LIMIT: ")
        monkeypatch.undo()
        assert await _reason(desk, 3) == "TRADING_REDUCING"
        await journal.change(StateChange(state.scope, TradingState.ACTIVE, "seen", "ada"), "cli")
        assert await _reason(desk, 4) is None


async def _reason(desk: Desk, number: int) -> str | None:
    """Return why an intent was refused; None when it was approved."""
    decision = await desk.judge(screened_now(number))
    payload = parse_event(decision[0].data).payload
    reason: str | None = getattr(payload, "reason", None)
    return reason
