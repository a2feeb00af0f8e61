"""Puts the dashboard around the routes of the interface: some addresses are those of both."""

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from gateway.dashboard.dashboard import ASSETS, Dashboard
from gateway.http.negotiation import prefers_page

_ANY_PATH: Final = "/{page:path}"
_NO_MATCH: Final[tuple[Match, Scope]] = (Match.NONE, {})


class PageRoute(Route):
    """Takes the addresses of pages when a browser goes there."""

    def __init__(self, dashboard: Dashboard) -> None:
        super().__init__(_ANY_PATH, dashboard.show_page, methods=["GET"], name="page")
        self._dashboard = dashboard

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if self._is_page(scope) else _NO_MATCH

    def _is_page(self, scope: Scope) -> bool:
        return _goes_there(scope) and self._dashboard.is_page(scope["path"])


class UnknownPageRoute(Route):
    """Takes whatever nothing else has when a browser goes there: a person can read a page."""

    def __init__(self, dashboard: Dashboard, others: Sequence[BaseRoute]) -> None:
        super().__init__(_ANY_PATH, dashboard.show_page, methods=["GET"], name="unknown_page")
        self._others = others

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not _goes_there(scope):
            return _NO_MATCH
        if any(route.matches(scope)[0] is not Match.NONE for route in self._others):
            return _NO_MATCH
        return super().matches(scope)


def dashboard_routes(
    dashboard: Dashboard, interface: Sequence[BaseRoute]
) -> tuple[Sequence[BaseRoute], Sequence[BaseRoute]]:
    """Return what comes before the routes of the interface, and what comes after them."""
    before = [
        PageRoute(dashboard),
        *(Route(path, dashboard.show_file, methods=["GET"]) for path in dashboard.file_paths),
        Route(ASSETS + "{name:path}", dashboard.show_file, methods=["GET"]),
    ]
    return before, [UnknownPageRoute(dashboard, [*before, *interface])]


def _goes_there(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and prefers_page(Headers(scope=scope))
    )
