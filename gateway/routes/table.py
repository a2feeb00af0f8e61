"""Lists the operations of every resource; a new one adds its line."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from gateway.http.operations import Operation
from gateway.routes import health, intents, metrics, plans, positions, stream
from gateway.routes.openapi import with_description

OPERATIONS: Final[Sequence[Operation]] = with_description(
    (
        *intents.OPERATIONS,
        *plans.OPERATIONS,
        *positions.OPERATIONS,
        *health.OPERATIONS,
        *metrics.OPERATIONS,
    )
)
ROUTES: Final[Sequence[BaseRoute]] = (
    *(operation.route for operation in OPERATIONS),
    *stream.ROUTES,
)
