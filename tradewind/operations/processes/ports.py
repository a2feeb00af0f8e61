"""Ports on loopback, remembered in the data directory so that a restart takes the same ones."""

import json
import os
import random
import socket
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
PORTS_FILE: Final = "ports.json"
SERVER_PORTS: Final = (20_000, 32_000)
MAX_PORT: Final = 65_535
LOCAL, STATE, INODE = 1, 3, 9
"""Columns of `/proc/net/tcp`."""
SOCKET_TABLES: Final = ("tcp", "tcp6")
LISTENS: Final = "0A"
MAX_NEIGHBOURS: Final = 100
MAX_HELD: Final = 256
"""More would use up the files a process may have open; the oldest are long listened on."""
_held: OrderedDict[tuple[str, int], socket.socket] = OrderedDict()


def listen_error(port: int, host: str = LOOPBACK) -> str | None:
    """Return the error with which listening on a port fails, or None."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Without it what is left of closed connections would look like a server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Return whether a server can listen on a port now."""
    return listen_error(port, host) is None


def hold(port: int, host: str = LOOPBACK) -> bool:
    """Keep a port from being chosen by others as long as this process lives, if nobody has it.

    The socket is bound, does not listen, and shares its address (SO_REUSEADDR, set only after it
    was bound alone): the server that the port is meant for can listen, also again after it was
    killed, while another `hold` fails. A free port may otherwise be chosen twice, because a server
    listens seconds after its port was chosen.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    holder = socket.socket(family)
    try:
        holder.bind((host, port))
    except OSError:
        holder.close()
        return False
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _held[host, port] = holder
    while len(_held) > MAX_HELD:
        _held.popitem(last=False)[1].close()
    return True


def free_port(host: str = LOOPBACK) -> int:
    """Return and hold a port nobody has, below those the system gives to outgoing connections.

    A client that keeps trying to reach a dead server could otherwise be given the server's own
    port and hold it.
    """
    while True:
        port = random.randrange(*SERVER_PORTS)
        if hold(port, host):
            return port


def listens(pid: int, port: int) -> bool:
    """Return whether a process, or a child of it, listens on a TCP port.

    It tells a server of ours from one that somebody else left on its port. True where the system
    does not tell.
    """
    if not Path("/proc/self/net/tcp").exists():
        return True  # not Linux
    try:
        return bool(_listening(pid, port) & _sockets(pid))
    except PermissionError:
        return True
    except OSError:
        return False  # it has ended


def _listening(pid: int, port: int) -> set[str]:
    """Return the sockets that listen on a port where a process is, as its files are named."""
    lines = [
        line.split()
        for name in SOCKET_TABLES
        if Path(f"/proc/self/net/{name}").exists()  # a kernel may have no IPv6
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return {
        f"socket:[{fields[INODE]}]"
        for fields in lines
        if fields[STATE] == LISTENS and int(fields[LOCAL].rpartition(":")[2], 16) == port
    }


def _sockets(pid: int) -> set[str]:
    """Return the open files of a process and its children, by their names."""
    found: set[str] = set()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.add(os.readlink(one))
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            with suppress(FileNotFoundError):
                found |= _sockets(int(child))
    return found


def first_free_port(first: int, host: str = LOOPBACK) -> int:
    """Return the first free port at or shortly after `first`, else any free one."""
    for port in range(first, min(first + MAX_NEIGHBOURS, MAX_PORT)):
        if is_free(port, host) and hold(port, host):
            return port
    return free_port(host)


def choose_ports(data_directory: Path, names: tuple[str, ...]) -> dict[str, int]:
    """Return one port per name, the remembered one when it is free, and remember the choice."""
    remembered = _read(data_directory / PORTS_FILE)
    chosen: dict[str, int] = {}
    for name in names:
        port = remembered.get(name, 0)
        if port and port not in chosen.values() and is_free(port):
            # May fail because of connections that were just closed, which the server outlives.
            hold(port)
        else:
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
