"""Ports on loopback, remembered in the data directory so that a restart takes the same ones."""

import json
import random
import socket
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
PORTS_FILE: Final = "ports.json"
SERVER_PORTS: Final = (20_000, 32_000)
MAX_PORT: Final = 65_535
MAX_NEIGHBOURS: Final = 100


def listen_error(port: int, host: str = LOOPBACK) -> str | None:
    """Return the error with which listening on a port fails, or None."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Return whether a server can listen on a port now."""
    return listen_error(port, host) is None


def free_port(host: str = LOOPBACK) -> int:
    """Return a port nobody listens on, below those the system gives to outgoing connections.

    A client that keeps trying to reach a dead server could otherwise be given the server's own
    port and hold it.
    """
    while True:
        port = random.randrange(*SERVER_PORTS)
        if is_free(port, host):
            return port


def first_free_port(first: int, host: str = LOOPBACK) -> int:
    """Return the first free port at or shortly after `first`, else any free one."""
    for port in range(first, min(first + MAX_NEIGHBOURS, MAX_PORT)):
        if is_free(port, host):
            return port
    return free_port(host)


def choose_ports(data_directory: Path, names: tuple[str, ...]) -> dict[str, int]:
    """Return one port per name, the remembered one when it is free, and remember the choice."""
    remembered = _read(data_directory / PORTS_FILE)
    chosen: dict[str, int] = {}
    for name in names:
        port = remembered.get(name, 0)
        while not port or port in chosen.values() or not is_free(port):
            port = free_port()
        chosen[name] = port
    (data_directory / PORTS_FILE).write_text(json.dumps(remembered | chosen))
    return chosen


def _read(path: Path) -> dict[str, int]:
    try:
        stored = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {str(name): port for name, port in stored.items() if _is_port(port)}


def _is_port(value: object) -> bool:
    return isinstance(value, int) and 0 < value <= MAX_PORT
