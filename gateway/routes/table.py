"""Lists the operations of every resource; a new one adds its line."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from gateway.routes import (
    approvals,
    backtest_catalogues,
    backtest_comparison,
    backtest_results,
    backtests,
    blocks,
    correlations,
    dead_letters,
    decisions,
    events,
    fills,
    health,
    history_file,
    hooks,
    instruments,
    intent_commands,
    intents,
    limit_records,
    live,
    models,
    parked,
    plans,
    platform,
    pools,
    portfolio_commands,
    portfolios,
    positions,
    quarantine,
    risk_limits,
    roles,
    search,
    sessions,
    signal_approvals,
    signal_reads,
    signals,
    stalled,
    stats,
    stream,
    stream_tickets,
    tokens,
    trading_states,
    wallet_slots,
    wallets,
)
from gateway.routes.openapi import with_description

OPERATIONS, DESCRIPTION = with_description(
    (
        *intents.OPERATIONS,
        *intent_commands.OPERATIONS,
        *approvals.OPERATIONS,
        *signals.OPERATIONS,
        *hooks.OPERATIONS,
        # Before the reads: `waiting` is no signal's id.
        *signal_approvals.OPERATIONS,
        *signal_reads.OPERATIONS,
        *decisions.OPERATIONS,
        *models.OPERATIONS,
        *stats.OPERATIONS,
        # Before the runs: `compare` is no run's id.
        *backtest_comparison.OPERATIONS,
        *backtests.OPERATIONS,
        *backtest_results.OPERATIONS,
        *backtest_catalogues.OPERATIONS,
        *plans.OPERATIONS,
        *positions.OPERATIONS,
        *tokens.OPERATIONS,
        *pools.OPERATIONS,
        *instruments.OPERATIONS,
        *portfolios.OPERATIONS,
        *portfolio_commands.OPERATIONS,
        *live.OPERATIONS,
        *fills.OPERATIONS,
        *blocks.OPERATIONS,
        *events.OPERATIONS,
        *correlations.OPERATIONS,
        *history_file.OPERATIONS,
        *trading_states.OPERATIONS,
        *risk_limits.OPERATIONS,
        *limit_records.OPERATIONS,
        *wallets.OPERATIONS,
        *wallet_slots.OPERATIONS,
        *roles.OPERATIONS,
        *dead_letters.OPERATIONS,
        *quarantine.OPERATIONS,
        *parked.OPERATIONS,
        *stalled.OPERATIONS,
        *sessions.OPERATIONS,
        *stream_tickets.OPERATIONS,
        *platform.OPERATIONS,
        *search.OPERATIONS,
        *health.OPERATIONS,
    )
)
"""Every operation, and the OpenAPI document that describes them."""
PUBLIC_ROUTES: Final = tuple(operation.route for operation in OPERATIONS if operation.scope is None)
"""What anybody may ask who reaches the gateway."""
ROUTES: Final[Sequence[BaseRoute]] = (
    *(operation.route for operation in OPERATIONS),
    *stream.ROUTES,
)
