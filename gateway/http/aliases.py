"""Makes an operation answer at another path as well, under a name of its own."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.operations import Operation


def aliased(operation: Operation, path: str, name: str) -> Operation:
    """Return an operation that does the same at another path."""

    async def endpoint(request: Request) -> Response:
        return await operation.endpoint(request)

    endpoint.__name__ = endpoint.__qualname__ = name
    endpoint.__doc__ = (
        f"{operation.method} {path}: does what {operation.method} {operation.path} does.\n\n"
        "    It is there for clients of the seeds.\n    "
    )
    return replace(operation, path=path, endpoint=endpoint)
