"""Names the client of a connection by its address."""

from starlette.types import Scope


def client_address(scope: Scope) -> str | None:
    """Return the client's IP address; None where the server does not tell it."""
    client = scope.get("client")
    return client[0] if client else None
