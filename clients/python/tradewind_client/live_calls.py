"""The calls about what was traded and what was refused: what is asked for, and the answer."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict

from tradewind_client.calls import Call, json_body, model_reader, path_part
from tradewind_client.resources import Page, new_idempotency_key
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

Query = Mapping[str, str | int | None]


class TradeFilters(TypedDict, total=False):
    """Which fills or refusals are asked for; what is left out, or None, means any."""

    portfolio_id: str | None
    strategy_id: str | None
    instrument: str | None
    correlation_id: str | None
    since: datetime | None
    until: datetime | None


class ReasonFilters(TradeFilters, total=False):
    """Which refusals are counted."""

    stage: str | None
    """The role that refused."""
    window: str | None
    """How far back, as `24h`; instead of `since`."""


class BlockFilters(TradeFilters, total=False):
    """Which refusals are asked for."""

    stage: str | None
    reason: str | None
    run_id: str | None


class HeldFilters(TypedDict, total=False):
    """Which positions are asked for; what is left out, or None, means any."""

    portfolio_id: str | None
    strategy_id: str | None
    """The last to trade."""
    instrument: str | None


def fill_query(only: TradeFilters) -> dict[str, str | int | None]:
    """Return the query that selects fills."""
    since, until = only.get("since"), only.get("until")
    return {
        "portfolio_id": only.get("portfolio_id"),
        "strategy_id": only.get("strategy_id"),
        "instrument": only.get("instrument"),
        "correlation_id": only.get("correlation_id"),
        "from": None if since is None else since.isoformat(),
        "to": None if until is None else until.isoformat(),
    }


def block_query(only: BlockFilters) -> dict[str, str | int | None]:
    """Return the query that selects refusals."""
    own = {"stage": only.get("stage"), "reason": only.get("reason"), "run_id": only.get("run_id")}
    return fill_query(only) | own


def reason_query(only: ReasonFilters) -> dict[str, str | int | None]:
    """Return the query that selects what is counted."""
    return fill_query(only) | {"stage": only.get("stage"), "window": only.get("window")}


def held_query(only: HeldFilters) -> dict[str, str | int | None]:
    """Return the query that selects positions."""
    return {
        "portfolio_id": only.get("portfolio_id"),
        "strategy_id": only.get("strategy_id"),
        "instrument": only.get("instrument"),
    }


def list_fills(query: Query) -> Call[Page[Fill]]:
    return Call("GET", "/live/fills", model_reader(Page[Fill]), query)


def list_blocks(query: Query) -> Call[Page[BlockEvent]]:
    return Call("GET", "/live/blocks", model_reader(Page[BlockEvent]), query)


def count_block_reasons(query: Query) -> Call[BlockReasons]:
    return Call("GET", "/live/block-reasons", model_reader(BlockReasons), query)


def list_portfolios(cursor: str | int | None) -> Call[Page[PortfolioSummary]]:
    return Call("GET", "/portfolios", model_reader(Page[PortfolioSummary]), {"cursor": cursor})


def show_portfolio(portfolio_id: str) -> Call[PortfolioDetail]:
    path = f"/portfolios/{path_part(portfolio_id)}"
    return Call("GET", path, model_reader(PortfolioDetail))


def closing(
    instrument: str | None,
    max_slippage: Decimal | str | None,
    time_window: int | None,
    strategy_id: str | None,
) -> dict[str, Any]:
    """Return the document of a request to close; what is not said is left to the platform."""
    said = {
        "instrument": instrument,
        "max_slippage": max_slippage,
        "time_window": time_window,
        "strategy_id": strategy_id,
    }
    return {name: value for name, value in said.items() if value is not None}


def close(portfolio_id: str, body: Mapping[str, Any], idempotency_key: str | None) -> Call[Closing]:
    """POST …/close. Without a key one is made, so that every retry is the same request."""
    return _sell(f"/portfolios/{path_part(portfolio_id)}/close", body, idempotency_key)


def flatten(
    portfolio_id: str, body: Mapping[str, Any], idempotency_key: str | None
) -> Call[Closing]:
    """POST …/flatten. Without a key one is made, so that every retry is the same request."""
    return _sell(f"/portfolios/{path_part(portfolio_id)}/flatten", body, idempotency_key)


def list_positions(query: Query) -> Call[Page[PositionDocument]]:
    return Call("GET", "/live/positions", model_reader(Page[PositionDocument]), query)


def show_live_portfolio(portfolio_id: str | None) -> Call[LivePortfolio]:
    query = {"portfolio_id": portfolio_id}
    return Call("GET", "/live/portfolio", model_reader(LivePortfolio), query)


def show_risk_budget(query: Query) -> Call[RiskBudget]:
    return Call("GET", "/live/risk-budget", model_reader(RiskBudget), query)


def _sell(path: str, body: Mapping[str, Any], idempotency_key: str | None) -> Call[Closing]:
    return Call(
        "POST",
        path,
        model_reader(Closing),
        body=json_body(body),
        idempotency_key=idempotency_key or new_idempotency_key(),
    )
