"""The composition root of a worker process: `python -m actors ROLE... [--concurrency N]`."""

import argparse
import asyncio
import contextlib
import importlib
import signal
import sys
from collections.abc import Iterable, Sequence
from types import ModuleType

import structlog
import uvloop

from actors.broker import broker
from tradewind.contracts.names import QueueGroup, Role
from tradewind.errors import ConfigurationError, TradewindError
from tradewind.runtime import NatsConnection, Worker, connect, declare_streams
from tradewind.settings import Settings, load
from tradewind.telemetry import configure_logging, serve_metrics

ROLES = tuple(role.value for role in Role if role is not Role.GATEWAY)

logger = structlog.get_logger("actors")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run roles until SIGTERM or SIGINT; return the exit code."""
    options = _parse(arguments)
    try:
        settings = load(Settings)
        configure_logging("+".join(options.roles), settings.log_level)
        uvloop.run(_run(options.roles, settings, options.concurrency))
    except ConfigurationError as error:
        print(f"tradewind: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except TradewindError as error:
        print(f"tradewind: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m actors", description=__doc__)
    parser.add_argument("roles", nargs="+", choices=ROLES, metavar="ROLE", help=", ".join(ROLES))
    parser.add_argument("--concurrency", type=int, help="messages in flight per queue")
    return parser.parse_args(arguments)


async def _run(roles: Sequence[str], settings: Settings, concurrency: int | None) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await serve(roles, settings, stopped, concurrency)


async def serve(
    roles: Sequence[str], settings: Settings, stopped: asyncio.Event, concurrency: int | None = None
) -> None:
    """Run the roles in this event loop until `stopped`; in-flight messages are finished first."""
    name = f"tradewind-{'-'.join(roles)}"
    modules = {
        Role(role): importlib.import_module(f"actors.{role}") for role in dict.fromkeys(roles)
    }
    async with await connect(settings.nats_url, name=name) as connection:
        await declare_streams(connection)
        await _serve_modules(modules, settings, connection, stopped, concurrency)


async def _serve_modules(
    modules: dict[Role, ModuleType],
    settings: Settings,
    connection: NatsConnection,
    stopped: asyncio.Event,
    concurrency: int | None,
) -> None:
    """A role either declares actors and opens ports for them, or runs a loop of its own."""
    ports: dict[str, object] = {}
    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as loops:
        for role, module in modules.items():
            if hasattr(module, "run"):
                loops.create_task(module.run(settings, connection, stopped), name=role)
            else:
                ports[QueueGroup[role.name]] = await stack.enter_async_context(
                    module.open_ports(settings, connection)
                )
        worker = Worker(
            broker,
            connection,
            queues=tuple(ports),
            ports=ports,
            concurrency=concurrency or settings.worker_concurrency,
            shutdown_timeout_seconds=settings.shutdown_timeout_seconds,
        )
        await worker.start()
        _say_ready(modules, settings.metrics_port)
        await stopped.wait()
        await worker.stop()


def _say_ready(roles: Iterable[str], metrics_port: int | None) -> None:
    """Who waits for this process watches its metrics: serve them only now."""
    port = None if metrics_port is None else serve_metrics(metrics_port)
    logger.info("ready", roles=[*roles], metrics_port=port)


if __name__ == "__main__":
    sys.exit(main())
