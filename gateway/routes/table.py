"""Lists the operations of every resource; a new one adds its line."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from gateway.routes import (
    approvals,
    blocks,
    correlations,
    dead_letters,
    events,
    fills,
    health,
    instruments,
    intent_commands,
    intents,
    limit_records,
    live,
    parked,
    plans,
    portfolio_commands,
    portfolios,
    positions,
    quarantine,
    risk_limits,
    sessions,
    stalled,
    stream,
    stream_tickets,
    trading_states,
    wallets,
)
from gateway.routes.openapi import with_description

OPERATIONS, DESCRIPTION = with_description(
    (
        *intents.OPERATIONS,
        *intent_commands.OPERATIONS,
        *approvals.OPERATIONS,
        *plans.OPERATIONS,
        *positions.OPERATIONS,
        *instruments.OPERATIONS,
        *portfolios.OPERATIONS,
        *portfolio_commands.OPERATIONS,
        *live.OPERATIONS,
        *fills.OPERATIONS,
        *blocks.OPERATIONS,
        *events.OPERATIONS,
        *correlations.OPERATIONS,
        *trading_states.OPERATIONS,
        *risk_limits.OPERATIONS,
        *limit_records.OPERATIONS,
        *wallets.OPERATIONS,
        *dead_letters.OPERATIONS,
        *quarantine.OPERATIONS,
        *parked.OPERATIONS,
        *stalled.OPERATIONS,
        *sessions.OPERATIONS,
        *stream_tickets.OPERATIONS,
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
