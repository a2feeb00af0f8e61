"""Ports are free when chosen, and the same ones next time."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.operations.processes import ports


def test_ports_are_remembered(tmp_path: Path) -> None:
    first = ports.choose_ports(tmp_path, ("nats", "redis"))
    assert ports.choose_ports(tmp_path, ("redis", "nats", "postgres")).items() >= first.items()


def test_a_remembered_port_in_use_is_replaced(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((ports.LOOPBACK, 0))
        other.listen()
        taken = other.getsockname()[1]
        (tmp_path / ports.PORTS_FILE).write_text(json.dumps({"nats": taken}))
        assert ports.choose_ports(tmp_path, ("nats",))["nats"] != taken


@pytest.mark.parametrize("content", ["", "[]", '{"nats": "x"}', '{"nats": 70000}', '{"nats": -1}'])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, content: str) -> None:
    (tmp_path / ports.PORTS_FILE).write_text(content)
    assert ports.is_free(ports.choose_ports(tmp_path, ("nats",))["nats"])


def test_the_first_free_port_is_the_next_neighbour() -> None:
    with socket.socket() as other:
        other.bind((ports.LOOPBACK, 0))
        other.listen()
        taken = other.getsockname()[1]
        assert taken < ports.first_free_port(taken)


def test_a_chosen_port_is_for_its_server_and_nobody_else() -> None:
    """Given a port whose server has not started yet, another process does not choose it."""
    port = ports.free_port()
    command = f"from tradewind.operations.processes import ports; print(ports.hold({port}))"
    printed = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True)
    assert printed.stdout.decode().strip() == "False"
    for _ in range(2):  # Its server may also end and start again.
        with socket.create_server((ports.LOOPBACK, port)) as server:
            client = socket.create_connection(server.getsockname())
            server.accept()[0].close()
            client.close()


def test_a_process_holds_no_more_ports_than_it_may_open_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "MAX_HELD", 2)
    first = ports.free_port()
    while not ports.hold(first):
        ports.free_port()
        assert len(ports._held) <= ports.MAX_HELD


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens")
def test_only_who_listens_on_a_port_is_said_to() -> None:
    """Given a socket that is bound, listens, and is closed, then nobody else has it, too."""
    mine, port = os.getpid(), ports.free_port()
    assert not ports.listens(mine, port)
    with socket.create_server((ports.LOOPBACK, port)):
        assert ports.listens(mine, port)
        assert not ports.listens(mine, port - 1)
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            assert not ports.listens(other.pid, port)
            other.kill()
        assert not ports.listens(other.pid, port)
    assert not ports.listens(mine, port)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens")
def test_a_kernel_without_ipv6_tells_who_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "SOCKET_TABLES", ("tcp", "none"))
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        assert ports.listens(os.getpid(), server.getsockname()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens")
def test_a_server_behind_a_script_of_ours_listens_for_it() -> None:
    command = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])"
    script = [sys.executable, "-c", f"{command}; import sys; sys.stdout.flush(); input()"]
    shell = ["sh", "-c", '"$@"; true', "sh", *script]
    pipe = subprocess.PIPE
    with subprocess.Popen(shell, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert ports.listens(process.pid, port)
        process.communicate("\n")
