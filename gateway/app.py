"""Builds the application of routes, middleware and error handlers."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from gateway.dashboard.dashboard import Dashboard
from gateway.dashboard.routes import dashboard_routes
from gateway.http.hosts import ServedHosts, parse_hosts
from gateway.http.middleware.caller import CallerMiddleware
from gateway.http.middleware.client_trace import ClientTraceMiddleware
from gateway.http.middleware.compression import CompressionMiddleware
from gateway.http.middleware.cors import CorsMiddleware
from gateway.http.middleware.failures import FailureMiddleware
from gateway.http.middleware.hook_token import HookTokenMiddleware
from gateway.http.middleware.hosts import HostMiddleware
from gateway.http.middleware.observe import ObserveMiddleware
from gateway.http.middleware.origin import OriginMiddleware
from gateway.http.middleware.rate_limits import RateLimitMiddleware
from gateway.http.middleware.refusals import RefusalMiddleware
from gateway.http.middleware.request_id import RequestIdMiddleware
from gateway.http.middleware.security_headers import SecurityHeadersMiddleware
from gateway.http.problems import EXPECTED_ERRORS, answer_error
from gateway.routes.table import PUBLIC_ROUTES, ROUTES
from gateway.services import Services
from gateway.settings import GatewaySettings


def create_app(settings: GatewaySettings, services: Services) -> Starlette:
    hosts = ServedHosts(settings.gateway_host, parse_hosts(settings.gateway_hosts))
    origins = comma_separated(settings.ws_allowed_origins)
    pages = _dashboard_routes(settings.dashboard_directory)
    app = Starlette(
        routes=[*pages[0], *ROUTES, *pages[1]],
        middleware=[
            Middleware(HookTokenMiddleware),
            Middleware(RequestIdMiddleware),
            Middleware(ClientTraceMiddleware),
            Middleware(ObserveMiddleware),
            Middleware(SecurityHeadersMiddleware),
            Middleware(CompressionMiddleware),
            Middleware(RefusalMiddleware),
            Middleware(HostMiddleware, hosts=hosts),
            Middleware(CorsMiddleware, allowed=origins),
            Middleware(FailureMiddleware),
            Middleware(OriginMiddleware, hosts=hosts, allowed=origins),
            Middleware(
                CallerMiddleware,
                authenticator=services.authentication.authenticator,
                public=(*pages[0], *PUBLIC_ROUTES, *pages[1]),
            ),
            Middleware(RateLimitMiddleware, settings=settings, limiter=services.limiter),
        ],
        exception_handlers=dict.fromkeys(EXPECTED_ERRORS, answer_error),
    )
    app.router.redirect_slashes = False
    app.state.services = services
    return app


def _dashboard_routes(directory: str) -> tuple[Sequence[BaseRoute], Sequence[BaseRoute]]:
    """Return what stands before and behind the interface; nothing without a directory."""
    return dashboard_routes(Dashboard.read(directory), ROUTES) if directory else ((), ())


def comma_separated(text: str) -> list[str]:
    """Return the parts of a setting that is a list, without blanks and empty ones."""
    return [part.strip() for part in text.split(",") if part.strip()]
