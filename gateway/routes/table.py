"""Lists the routes of every resource; a new one adds its line."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from gateway.routes import health, intents, metrics, plans, positions, stream

ROUTES: Final[Sequence[BaseRoute]] = (
    *intents.ROUTES,
    *plans.ROUTES,
    *positions.ROUTES,
    *stream.ROUTES,
    *health.ROUTES,
    *metrics.ROUTES,
)
