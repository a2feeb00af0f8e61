"""Lists the operations of every resource; a new one adds its line."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from gateway.http.operations import Operation
from gateway.routes import (
    correlations,
    dead_letters,
    events,
    health,
    intents,
    metrics,
    parked,
    plans,
    positions,
    quarantine,
    stalled,
    stream,
)
from gateway.routes.openapi import with_description

OPERATIONS: Final[Sequence[Operation]] = with_description(
    (
        *intents.OPERATIONS,
        *plans.OPERATIONS,
        *positions.OPERATIONS,
        *events.OPERATIONS,
        *correlations.OPERATIONS,
        *dead_letters.OPERATIONS,
        *quarantine.OPERATIONS,
        *parked.OPERATIONS,
        *stalled.OPERATIONS,
        *health.OPERATIONS,
        *metrics.OPERATIONS,
    )
)
ROUTES: Final[Sequence[BaseRoute]] = (
    *(operation.route for operation in OPERATIONS),
    *stream.ROUTES,
)
