"""What was traded and what was refused, for programs that wait."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Unpack

from tradewind_client import live_calls
from tradewind_client.live_calls import BlockFilters, HeldFilters, ReasonFilters, TradeFilters
from tradewind_client.pages import Sender, each
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


class Portfolios:
    """The portfolios that the key is about."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self) -> Iterator[PortfolioSummary]:
        """Yield portfolios in numbers, sorted by id, page after page."""
        return each(self._client, lambda cursor: live_calls.list_portfolios(cursor))

    def get(self, portfolio_id: str) -> PortfolioDetail:
        """Return a portfolio: what it holds, what limits it, and what it did last."""
        return self._client.send(live_calls.show_portfolio(portfolio_id))

    def close(
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
        return self._client.send(live_calls.close(portfolio_id, body, idempotency_key))

    def flatten(
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
        return self._client.send(live_calls.flatten(portfolio_id, body, idempotency_key))


class Live:
    """All portfolios that the key is about, or those of the filters."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def fills(self, **only: Unpack[TradeFilters]) -> Iterator[Fill]:
        """Yield fills, newest first, page after page."""
        query = live_calls.fill_query(only)
        return each(self._client, lambda cursor: live_calls.list_fills(query | {"cursor": cursor}))

    def blocks(self, **only: Unpack[BlockFilters]) -> Iterator[BlockEvent]:
        """Yield what was refused, newest first, page after page."""
        query = live_calls.block_query(only)
        return each(self._client, lambda cursor: live_calls.list_blocks(query | {"cursor": cursor}))

    def block_reasons(self, **only: Unpack[ReasonFilters]) -> BlockReasons:
        """Return how often each rule refused something, in the last day unless told otherwise."""
        query = live_calls.reason_query(only)
        return self._client.send(live_calls.count_block_reasons(query))

    def positions(self, **only: Unpack[HeldFilters]) -> Iterator[PositionDocument]:
        """Yield what is held now, sorted by portfolio and pair, page after page."""
        query = live_calls.held_query(only)
        return each(
            self._client, lambda cursor: live_calls.list_positions(query | {"cursor": cursor})
        )

    def portfolio(self, *, portfolio_id: str | None = None) -> LivePortfolio:
        """Return cash, equity, exposure and profit of all portfolios together, or of one."""
        return self._client.send(live_calls.show_live_portfolio(portfolio_id))

    def risk_budget(
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
        return self._client.send(live_calls.show_risk_budget(query))
