"""The application: routes, middleware, and the answers to what goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from gateway.connections import open_gateway
from gateway.middleware.failures import FailureMiddleware
from gateway.middleware.observe import ObserveMiddleware
from gateway.middleware.origin import OriginMiddleware
from gateway.middleware.request_id import RequestIdMiddleware
from gateway.middleware.security_headers import SecurityHeadersMiddleware
from gateway.problems import Problem, answer_http_exception, answer_problem, answer_transient
from gateway.routes import health, intents, metrics, plans, positions, stream
from gateway.settings import GatewaySettings
from gateway.state import Gateway
from tradewind.errors import TransientError


def create_app(settings: GatewaySettings, gateway: Gateway | None = None) -> Starlette:
    """Return the application of `gateway`; without one it opens its own while it runs."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if gateway is not None:
            yield
            return
        async with open_gateway(settings) as opened:
            app.state.gateway = opened
            yield

    app = Starlette(
        routes=[
            *intents.ROUTES,
            *plans.ROUTES,
            *positions.ROUTES,
            *stream.ROUTES,
            *health.ROUTES,
            *metrics.ROUTES,
        ],
        middleware=[
            Middleware(RequestIdMiddleware),
            Middleware(ObserveMiddleware),
            Middleware(SecurityHeadersMiddleware),
            Middleware(FailureMiddleware),
            Middleware(
                OriginMiddleware,
                host=settings.gateway_host,
                allowed=_split(settings.ws_allowed_origins),
            ),
        ],
        exception_handlers={
            Problem: answer_problem,
            HTTPException: answer_http_exception,
            TransientError: answer_transient,
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    if gateway is not None:
        app.state.gateway = gateway
    return app


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
