"""Reaches the gateway as its callers do, for commands that ask it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click
from tradewind_client import Client, TradewindError
from tradewind_client.errors import Refused, Unreachable

from tradewind.operations.demo.platform_client import PlatformRefused, PlatformUnreachable
from tradewind.operations.processes import runtime_file

URL_OPTION: Final = click.option(
    "--url",
    metavar="URL",
    envvar="TRADEWIND_URL",
    help="Address of the gateway; by default that of the running platform.",
)


@contextmanager
def platform_client(url: str | None) -> Iterator[Client]:
    """Yield a client of the platform; its errors are shown like all errors of commands."""
    try:
        with Client(url or _running_url()) as client:
            yield client
    except Unreachable as error:
        raise PlatformUnreachable(f"no platform answers: {error}") from None
    except TradewindError as error:
        fields = [f"\n  {one.get('field')} {one.get('message')}" for one in _errors(error)]
        raise PlatformRefused(f"{error}{''.join(fields)}") from None


def _errors(error: TradewindError) -> Sequence[Mapping[str, Any]]:
    return error.errors if isinstance(error, Refused) else ()


def _running_url() -> str | None:
    """Return the address of the platform on this machine; None leaves it to the client."""
    platform = runtime_file.read_platform(runtime_file.find_data_directory())
    return None if platform is None else str(platform["gateway"]["url"])
