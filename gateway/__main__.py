"""`python -m gateway`: runs the gateway until a signal stops it."""

import asyncio
import sys
from socket import socket

import uvloop

from gateway.bootstrap import create_server, monitored, open_services
from gateway.http.server import STOP_SIGNALS, bind
from gateway.settings import GatewaySettings
from tradewind.contracts.roles import Role
from tradewind.errors import ConfigurationError, TradewindError
from tradewind.settings import load
from tradewind.telemetry import configure_logging

EXIT_FAILED = 1
EXIT_CONFIGURATION = 2


async def serve(settings: GatewaySettings, listener: socket) -> None:
    """Serve until a stop signal; one that comes before all is open cancels."""
    task = asyncio.current_task()
    assert task is not None
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    async with open_services(settings) as services:
        with monitored(settings, services):
            await create_server(settings, services).serve([listener])


def main() -> int:
    """Return the exit code: 0 after a clean stop, 2 when a setting is wrong."""
    try:
        settings = load(GatewaySettings)
        configure_logging(Role.GATEWAY.value, settings.log_level, settings.open_log())
        with (
            bind(settings.gateway_host, settings.gateway_port) as listener,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(serve(settings, listener))
    except asyncio.CancelledError:
        return 0
    except TradewindError as error:
        print(f"tradewind: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_CONFIGURATION if isinstance(error, ConfigurationError) else EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
