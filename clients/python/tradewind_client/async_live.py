"""What was traded and what was refused, for programs that await."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Unpack

from tradewind_client import live_calls
from tradewind_client.live_calls import BlockFilters, HeldFilters, ReasonFilters, TradeFilters
from tradewind_client.pages import AsyncSender, each_awaited
from tradewind_client.rest_models import (
    BlockEvent,
    BlockReasons,
    Closing,
    Fill,
    LivePortfolio,
    PortfolioDetail,
    PortfolioSummary,
    PositionDocument,
    RiskBudget,
)


class AsyncPortfolios:
    """The portfolios that the key is about."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    def list(self) -> AsyncIterator[PortfolioSummary]:
        """Yield portfolios in numbers, sorted by id, page after page."""
        return each_awaited(self._client, lambda cursor: live_calls.list_portfolios(cursor))

    async def get(self, portfolio_id: str) -> PortfolioDetail:
        """Return a portfolio: what it holds, what limits it, and what it did last."""
        return await self._client.send(live_calls.show_portfolio(portfolio_id))

    async def close(
        self,
        portfolio_id: str,
        instrument: str,
        *,
        max_slippage: Decimal | str | None = None,
        time_window: int | None = None,
        strategy_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Closing:
        """Sell what a portfolio holds of a pair; it is safe to ask again with the same key."""
        body = live_calls.closing(instrument, max_slippage, time_window, strategy_id)
        return await self._client.send(live_calls.close(portfolio_id, body, idempotency_key))

    async def flatten(
        self,
        portfolio_id: str,
        *,
        max_slippage: Decimal | str | None = None,
        time_window: int | None = None,
        strategy_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Closing:
        """Sell everything that a portfolio holds; it is safe to ask again with the same key."""
        body = live_calls.closing(None, max_slippage, time_window, strategy_id)
        return await self._client.send(live_calls.flatten(portfolio_id, body, idempotency_key))


class AsyncLive:
    """All portfolios that the key is about, or those of the filters."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    def fills(self, **only: Unpack[TradeFilters]) -> AsyncIterator[Fill]:
        """Yield fills, newest first, page after page."""
        query = live_calls.fill_query(only)
        return each_awaited(
            self._client, lambda cursor: live_calls.list_fills(query | {"cursor": cursor})
        )

    def blocks(self, **only: Unpack[BlockFilters]) -> AsyncIterator[BlockEvent]:
        """Yield what was refused, newest first, page after page."""
        query = live_calls.block_query(only)
        return each_awaited(
            self._client, lambda cursor: live_calls.list_blocks(query | {"cursor": cursor})
        )

    async def block_reasons(self, **only: Unpack[ReasonFilters]) -> BlockReasons:
        """Return how often each rule refused something, in the last day unless told otherwise."""
        query = live_calls.reason_query(only)
        return await self._client.send(live_calls.count_block_reasons(query))

    def positions(self, **only: Unpack[HeldFilters]) -> AsyncIterator[PositionDocument]:
        """Yield what is held now, sorted by portfolio and pair, page after page."""
        query = live_calls.held_query(only)
        return each_awaited(
            self._client, lambda cursor: live_calls.list_positions(query | {"cursor": cursor})
        )

    async def portfolio(self, *, portfolio_id: str | None = None) -> LivePortfolio:
        """Return cash, equity, exposure and profit of all portfolios together, or of one."""
        return await self._client.send(live_calls.show_live_portfolio(portfolio_id))

    async def risk_budget(
        self,
        *,
        portfolio_id: str | None = None,
        strategy_id: str | None = None,
        limit: int | None = None,
    ) -> RiskBudget:
        """Return how much of today's budget is claimed or used, and by which intents.

        `strategy_id` is about claims and allocations only, of which `limit` are told.
        """
        query = {"portfolio_id": portfolio_id, "strategy_id": strategy_id, "limit": limit}
        return await self._client.send(live_calls.show_risk_budget(query))
