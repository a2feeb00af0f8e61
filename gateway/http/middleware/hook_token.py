"""Takes the token out of a hook's path, before anybody logs, measures or shows the path."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX: Final = "/hooks/tradingview/"
HIDDEN: Final = "-"
"""What stands in the path in the place of the token."""
HOOK_TOKEN: Final = "hook_token"  # noqa: S105
"""The key of the token in an ASGI scope."""


class HookTokenMiddleware:
    """Moves the token into the scope; it comes before everything else that sees a request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if path.startswith(PREFIX):
            hidden = PREFIX + HIDDEN
            told = {"path": hidden, "raw_path": hidden.encode()}
            scope = {**scope, **told, HOOK_TOKEN: path.removeprefix(PREFIX)}
        await self.app(scope, receive, send)
