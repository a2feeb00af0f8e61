"""Chooses the provider of market data: the one the environment names, or a simulated one here."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tradewind.operations.access.addresses import ADDRESS_VARIABLES
from tradewind.operations.processes.child import Program
from tradewind.operations.processes.fork_client import ForkClient
from tradewind.operations.processes.ports import LOOPBACK, choose_ports
from tradewind.operations.processes.process import ServiceProcess
from tradewind.operations.processes.runtime_file import (
    PROVIDER_NAME_VARIABLE,
    PROVIDER_URL_VARIABLE,
    SIMULATED_PROVIDER,
    Addresses,
    ProviderStatus,
)
from tradewind.operations.processes.service import exchange

NAME: Final = "hyperliquid"
MODULE: Final = "simulators.hyperliquid"
READY_STATUS: Final = b" 200 "
STATUS_LINE_BYTES: Final = 16


@dataclass(frozen=True)
class SimulatedProvider:
    """The simulated exchange as a child process; its prices are those of the platform's pools."""

    port: int
    log_path: Path
    environment: Mapping[str, str]
    """What it needs to read the pools: the address and login of the broker, and the tokens."""
    name: str = NAME

    @property
    def url(self) -> str:
        """Address for the feed."""
        return f"http://{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Do nothing: it has no files."""

    def program(self) -> Program:
        """Return what to run."""
        command = [sys.executable, "-m", MODULE, "--port", str(self.port), "--follow-pools"]
        return Program(command, self.log_path, environment=os.environ | dict(self.environment))

    def is_ready(self, pid: int) -> bool:
        """Return whether it answers."""
        request = f"GET /control HTTP/1.0\r\nHost: {LOOPBACK}\r\n\r\n"
        return READY_STATUS in exchange(self.port, request.encode())[:STATUS_LINE_BYTES]


@dataclass(frozen=True)
class PlatformProvider:
    """The provider, and the environment of the feed that follows it."""

    status: ProviderStatus
    process: ServiceProcess[SimulatedProvider] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def choose_provider(
    directory: Path,
    logs: Path,
    addresses: Addresses,
    environment: Mapping[str, str],
    forks: ForkClient,
) -> PlatformProvider:
    """Return the provider at TRADEWIND_HYPERLIQUID_URL, or one that is to be started here.

    `addresses` are those with the login of the feeds role, `environment` is what roles share.
    """
    named = os.environ.get(PROVIDER_URL_VARIABLE)
    if named:
        host = urlsplit(named).netloc.rpartition("@")[2]
        return PlatformProvider({"name": os.environ.get(PROVIDER_NAME_VARIABLE, NAME), "url": host})
    port = choose_ports(directory, (NAME,))[NAME]
    broker = {ADDRESS_VARIABLES["nats"]: addresses["nats"]}
    service = SimulatedProvider(port, logs / f"{NAME}.log", dict(environment) | broker)
    variables = {
        PROVIDER_URL_VARIABLE: service.url,
        PROVIDER_NAME_VARIABLE: SIMULATED_PROVIDER,
    }
    status: ProviderStatus = {"name": SIMULATED_PROVIDER, "url": service.url}
    process = ServiceProcess(service, start_program=forks.start_program)
    return PlatformProvider(status, process, variables)
