"""`tradewind gateway`: runs the gateway in this process."""

import os
import sys

import click


@click.command()
@click.option("--host", help="Address to listen on. [TRADEWIND_GATEWAY_HOST]")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="Port to listen on, 0 for a free one. [TRADEWIND_GATEWAY_PORT]",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="How many processes share the port. [TRADEWIND_GATEWAY_PROCESSES]",
)
def gateway(host: str | None, port: int | None, processes: int | None) -> None:
    """Run the gateway: REST and WebSocket."""
    if host is not None:
        os.environ["TRADEWIND_GATEWAY_HOST"] = host
    if port is not None:
        os.environ["TRADEWIND_GATEWAY_PORT"] = str(port)
    if processes is not None:
        os.environ["TRADEWIND_GATEWAY_PROCESSES"] = str(processes)
    os.execv(sys.executable, [sys.executable, "-m", "gateway"])  # noqa: S606
