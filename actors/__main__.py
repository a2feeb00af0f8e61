"""The composition root of a worker process: `python -m actors ROLE... [--concurrency N]`."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import cast, get_type_hints

import structlog
import uvloop

from actors.broker import broker
from tradewind.contracts.roles import ROLES, Kind, worker_roles
from tradewind.errors import ConfigurationError, TradewindError
from tradewind.ledger.decided import DecidedJournal, opened_journal
from tradewind.operations.access.identities import Identity
from tradewind.operations.access.postgres_logins import group_role
from tradewind.operations.processes import runtime_file
from tradewind.runtime import NatsConnection, Worker, connect, declare_streams
from tradewind.runtime.collector import collect_rarely
from tradewind.runtime.heartbeat import heartbeat
from tradewind.runtime.operations_port import operations_port, worker_readiness
from tradewind.runtime.role_module import LoopRole, PoolRole
from tradewind.runtime.tracing import traced
from tradewind.settings import (
    NatsSettings,
    OperationsSettings,
    PostgresSettings,
    ProcessSettings,
    TokenSettings,
    TracingSettings,
    WorkerSettings,
    combined,
    load,
)
from tradewind.telemetry import configure_logging
from tradewind.trading.tokens import load_tokens

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
EXIT_FAILED = 1
EXIT_CONFIGURATION = 2

logger = structlog.get_logger("actors")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run roles until SIGTERM or SIGINT; return 0 after a clean stop, 2 for a wrong setting."""
    options = _parse(arguments)
    try:
        runtime_file.export_addresses(os.environ, *map(Identity, options.roles))
        settings = load_settings(options.roles)
        # A wrong file is reported at once, not after waiting for servers.
        load_tokens(settings.tokens_file)
        configure_logging("+".join(options.roles), settings.log_level, settings.open_log())
        with traced(settings, "+".join(options.roles)):
            uvloop.run(_run(options.roles, settings, options.concurrency))
    except asyncio.CancelledError:
        return 0
    except TradewindError as error:
        print(f"tradewind: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_CONFIGURATION if isinstance(error, ConfigurationError) else EXIT_FAILED
    except ExceptionGroup as errors:
        wrong = _wrong_setting(errors)
        if wrong is not None:
            print(f"tradewind: {wrong}", file=sys.stderr)  # noqa: T201
            return EXIT_CONFIGURATION
        logger.critical("a role failed, ending the process", exc_info=errors)
        return EXIT_FAILED
    return 0


def _wrong_setting(errors: ExceptionGroup[Exception]) -> ConfigurationError | None:
    """Return the wrong setting that ended one of several tasks, or None."""
    for error in errors.exceptions:
        found = _wrong_setting(error) if isinstance(error, ExceptionGroup) else error
        if isinstance(found, ConfigurationError):
            return found
    return None


class RolesSettings(
    NatsSettings,
    OperationsSettings,
    ProcessSettings,
    TokenSettings,
    TracingSettings,
    WorkerSettings,
):
    """Settings that every worker process reads; each role adds its own."""


def load_settings(roles: Sequence[str]) -> RolesSettings:
    """Return the settings that these roles read, and no others."""
    kinds = [get_type_hints(_entry(role))["settings"] for role in roles]
    if _keepers(roles):
        kinds.append(PostgresSettings)
    settings = load(combined(RolesSettings, *kinds))
    assert isinstance(settings, RolesSettings)
    return settings


def _module(role: str) -> ModuleType:
    return import_module(ROLES[role].package)


def _keepers(roles: Collection[str]) -> list[str]:
    """Return the roles with an actor that keeps its decisions, whose package is imported."""
    return [
        role
        for role in roles
        if ROLES[role].kind is Kind.POOL
        and broker.keeps_decisions(group.name for group in ROLES[role].queue_groups)
    ]


def _entry(role: str) -> Callable[..., object]:
    """Return the function that starts a role; its signature names the settings it reads."""
    module = _module(role)
    if ROLES[role].kind is Kind.LOOP:
        return cast(LoopRole, module).run
    return cast(PoolRole, module).open_ports


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m actors", description=__doc__)
    parser.add_argument(
        "roles", nargs="+", choices=worker_roles(), metavar="ROLE", help=", ".join(worker_roles())
    )
    parser.add_argument("--concurrency", type=int, help="messages in flight per queue")
    return parser.parse_args(arguments)


async def _run(roles: Sequence[str], settings: RolesSettings, concurrency: int | None) -> None:
    """Run until a stop signal: it drains open roles, and cancels the start before that."""
    collect_rarely()
    stopped = asyncio.Event()
    task = asyncio.current_task()
    assert task is not None
    _on_stop_signals(task.cancel)
    with ExitStack() as stack:

        def ready(connection: NatsConnection) -> None:
            _on_stop_signals(stopped.set)
            port, served = settings.metrics_port, None
            if port is not None:
                serving = operations_port(port, settings.metrics_host, worker_readiness(connection))
                served = stack.enter_context(serving)
            logger.info("ready", roles=list(roles), metrics_port=served)

        await serve(roles, settings, stopped, concurrency=concurrency, on_ready=ready)


def _on_stop_signals(act: Callable[[], object]) -> None:
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, act)


async def serve(
    roles: Sequence[str],
    settings: RolesSettings,
    stopped: asyncio.Event,
    *,
    concurrency: int | None = None,
    on_ready: Callable[[NatsConnection], object] = bool,
) -> None:
    """Run the roles in this event loop until `stopped`, then finish the messages in flight."""
    modules = {role: _module(role) for role in roles}
    async with await connect(settings.nats_url, name=f"tradewind-{'-'.join(roles)}") as connection:
        await declare_streams(connection)
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as loops:
            ports = await _open_ports(modules, settings, connection, stack)
            journal = await _open_journal(roles, settings, stack)
            for role, module in modules.items():
                if ROLES[role].kind is Kind.LOOP:
                    loop = cast(LoopRole, module).run(settings, connection, stopped)
                    loops.create_task(loop, name=role)
            worker = Worker(
                broker,
                connection,
                queues=tuple(ports),
                ports=ports,
                concurrency=concurrency or settings.worker_concurrency,
                shutdown_timeout_seconds=settings.shutdown_timeout_seconds,
                journal=journal,
            )
            async with heartbeat(connection, roles):
                await _work(worker, stopped, partial(on_ready, connection))


async def _open_ports(
    modules: Mapping[str, ModuleType],
    settings: RolesSettings,
    connection: NatsConnection,
    stack: AsyncExitStack,
) -> dict[str, object]:
    """Return the ports of each queue group's handlers; the groups of a role share them."""
    ports: dict[str, object] = {}
    for role, module in modules.items():
        if ROLES[role].kind is Kind.POOL:
            opened = cast(PoolRole, module).open_ports(settings, connection)
            own = await stack.enter_async_context(opened)
            ports |= {group.name: own for group in ROLES[role].queue_groups}
    return ports


async def _open_journal(
    roles: Collection[str], settings: RolesSettings, stack: AsyncExitStack
) -> DecidedJournal | None:
    """Open the journal of decisions where a role keeps any; its actors share it."""
    keepers = _keepers(roles)
    if not keepers:
        return None
    assert isinstance(settings, PostgresSettings)
    dsn = settings.postgres_dsn.get_secret_value()
    role = group_role(Identity(keepers[0]))
    return await stack.enter_async_context(opened_journal(dsn, role))


async def _work(worker: Worker, stopped: asyncio.Event, on_ready: Callable[[], object]) -> None:
    try:
        await worker.start()
        on_ready()
        await stopped.wait()
    finally:
        await worker.stop()


if __name__ == "__main__":
    sys.exit(main())
