"""`python -m gateway`: runs the gateway until a signal stops it."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from socket import socket
from typing import Any

import structlog
import uvloop

from gateway.bootstrap import create_server, monitored, open_services
from gateway.http.server import STOP_SIGNALS, bind
from gateway.processes.receiver import Receiver
from gateway.processes.stream_processes import stream_processes
from gateway.services import Services
from gateway.settings import GatewaySettings
from tradewind.contracts.roles import Role
from tradewind.errors import ConfigurationError, TradewindError
from tradewind.runtime.collector import collect_rarely
from tradewind.runtime.tracing import traced
from tradewind.settings import load
from tradewind.telemetry import configure_logging

EXIT_FAILED = 1
EXIT_CONFIGURATION = 2

logger = structlog.get_logger(__name__)


async def serve(settings: GatewaySettings, listener: socket) -> None:
    """Serve until a stop signal; with more than one process, have the others serve streams."""
    others = settings.gateway_processes - 1
    stop_seconds = settings.shutdown_timeout_seconds
    async with (
        stream_processes(others, stop_seconds) if others else nullcontext() as channels,
        open_services(settings) as services,
    ):
        if channels is not None:
            await channels.wait_ready()
        with monitored(settings, services):
            await create_server(settings, services, channels).serve([listener])


@contextmanager
def monitored_beside(
    settings: GatewaySettings, services: Services, index: int
) -> Iterator[int | None]:
    """Serve monitoring on the port that follows the first process's, or on any if that is taken.

    A port that somebody else has must not keep a process from its clients.
    """
    first = settings.metrics_port
    with ExitStack() as stack:
        for port in (first and first + index, 0):
            wanted = settings.model_copy(update={"metrics_port": port})
            try:
                served = stack.enter_context(monitored(wanted, services))
            except (ConfigurationError, OverflowError) as error:
                logger.warning("monitored on another port", error=str(error))
                continue
            yield served
            return


async def serve_streams(settings: GatewaySettings, index: int, channel: socket) -> None:
    """Serve the WebSockets that the first process hands over, until it ends."""
    async with open_services(settings) as services:
        with monitored_beside(settings, services, index):
            server = create_server(settings, services)
            receiver = Receiver(channel, server.adopt, server.stop)
            server.after_startup = receiver.start
            await server.serve([])
            receiver.stop()


async def until_stopped(serving: Coroutine[Any, Any, None]) -> None:
    """Serve; a stop signal that comes before all is open cancels."""
    collect_rarely()
    task = asyncio.current_task()
    assert task is not None
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await serving


def main() -> int:
    """Return the exit code: 0 after a clean stop, 2 when a setting is wrong."""
    arguments = _arguments()
    try:
        settings = load(GatewaySettings)
        configure_logging(Role.GATEWAY.value, settings.log_level, settings.open_log())
        with (
            traced(settings, Role.GATEWAY.value),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            if arguments.channel is not None:
                channel = socket(fileno=arguments.channel)
                runner.run(until_stopped(serve_streams(settings, arguments.process_index, channel)))
                return 0
            with bind(settings.gateway_host, settings.gateway_port) as listener:
                runner.run(until_stopped(serve(settings, listener)))
    except asyncio.CancelledError:
        return 0
    except TradewindError as error:
        print(f"tradewind: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_CONFIGURATION if isinstance(error, ConfigurationError) else EXIT_FAILED
    return 0


def _arguments() -> Namespace:
    """Return what the first process tells the others; whoever starts the gateway says nothing."""
    parser = ArgumentParser(prog="python -m gateway", description="Run the gateway.")
    parser.add_argument("--process-index", type=int, default=0, help="Set by the first process.")
    parser.add_argument("--channel", type=int, help="Set by the first process.")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
