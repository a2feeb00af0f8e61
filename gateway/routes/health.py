"""Whether the process lives, and whether it can serve."""

import asyncio
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.ports import ConsumerLag, Dependency
from gateway.responses import document_response
from gateway.state import Gateway, gateway_of
from tradewind.errors import TradewindError

CHECK_TIMEOUT_SECONDS = 2.0


async def show_health(request: Request) -> Response:
    """GET /health: 200 while the process answers; it looks at nothing else."""
    return document_response(request, {"status": "ok"})


async def show_ready(request: Request) -> Response:
    """GET /ready: each dependency with its latency, each consumer with its lag; 503 if one is down.

    A consumer that is behind or missing is shown and changes no status: the gateway can serve.
    """
    gateway = gateway_of(request)
    states, consumers = await asyncio.gather(_dependencies(gateway), _consumers(gateway))
    ready = all(state["status"] == "up" for state in states.values())
    document = {
        "status": "ready" if ready else "not_ready",
        "dependencies": states,
        "consumers": consumers,
        "stream": {"sequence": gateway.hub.sequence, "clients": gateway.hub.client_count},
    }
    return document_response(request, document, status=200 if ready else 503)


async def _dependencies(gateway: Gateway) -> dict[str, dict[str, Any]]:
    states = await asyncio.gather(*map(_check, gateway.dependencies))
    return {
        dependency.name: state
        for dependency, state in zip(gateway.dependencies, states, strict=True)
    }


async def _check(dependency: Dependency) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            await dependency.check()
    except (TradewindError, TimeoutError) as error:
        code = error.code if isinstance(error, TradewindError) else "TIMEOUT"
        return {"status": "down", "error": code}
    latency_ms = round((time.perf_counter() - started) * 1_000, 3)
    return {"status": "up", "latency_ms": latency_ms}


async def _consumers(gateway: Gateway) -> list[dict[str, Any]]:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            lags = await gateway.lag.lags()
    except (TradewindError, TimeoutError):
        return []
    return [_lag_document(lag) for lag in lags]


def _lag_document(lag: ConsumerLag) -> dict[str, Any]:
    if lag.pending is None:
        return {"durable": lag.durable, "status": "missing"}
    return {
        "durable": lag.durable,
        "status": "active",
        "pending": lag.pending,
        "unacknowledged": lag.unacknowledged,
    }


ROUTES = [
    Route("/health", show_health, methods=["GET"]),
    Route("/ready", show_ready, methods=["GET"]),
]
