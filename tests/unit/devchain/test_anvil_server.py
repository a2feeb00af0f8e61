"""The chain's file survives a crash of the one who writes it; a node of others is not ours."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID, AnvilServer
from tradewind.operations.processes.ports import LOOPBACK

ANSWERS = 2


def server(directory: Path, block_time_seconds: int | None = None, port: int = 8545) -> AnvilServer:
    return AnvilServer(
        directory, port, directory / "anvil.log", block_time_seconds=block_time_seconds
    )


def test_a_state_cut_off_by_a_crash_is_the_last_whole_one_again(tmp_path: Path) -> None:
    anvil = server(tmp_path)
    anvil.state_path.write_text('{"block": 7}')
    anvil.prepare()
    anvil.state_path.write_text('{"block": 8, "acc')
    anvil.prepare()
    assert anvil.state_path.read_text() == '{"block": 7}'


def test_without_a_whole_state_it_starts_afresh(tmp_path: Path) -> None:
    anvil = server(tmp_path / "new")
    anvil.prepare()
    anvil.state_path.write_text("{")
    anvil.prepare()
    assert not anvil.state_path.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens")
def test_a_node_that_somebody_else_left_on_the_port_is_not_ready(tmp_path: Path) -> None:
    """Given a right answer, then the node is ready for the process that gives it and no other."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def answer() -> None:
            for _ in range(ANSWERS):
                with listener.accept()[0] as connection:
                    connection.recv(4_096)
                    connection.sendall(f'{{"result":"{CHAIN_ID:#x}"}}'.encode())

        Thread(target=answer, daemon=True).start()
        anvil = server(tmp_path, port=listener.getsockname()[1])
        assert anvil.is_ready(os.getpid())
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            assert not anvil.is_ready(other.pid)
            other.kill()
        assert anvil.is_ready(os.getpid())
