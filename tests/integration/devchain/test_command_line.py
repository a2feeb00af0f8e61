"""`tradewind devchain` from outside."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result

from tests.support.waiting import block_until
from tradewind.operations.cli.devchain import devchain
from tradewind.operations.embedded.devchain.chain_state import ChainState
from tradewind.operations.embedded.devchain.dev_chain import DevChain, start_dev_chain
from tradewind.operations.embedded.devchain.errors import DevChainNotRunning

TRADEWIND = Path(sys.executable).with_name("tradewind")
TIMEOUT_SECONDS = 60.0


@contextmanager
def running(directory: Path) -> Iterator[subprocess.Popen[str]]:
    command = [str(TRADEWIND), "devchain", "up", "--data-dir", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("dev chain 31337 ready at http://")
        yield process
        process.kill()


def ask(directory: Path, *arguments: str) -> Result:
    return CliRunner().invoke(devchain, [*arguments, "--data-dir", str(directory)])


@pytest.fixture
def untouched_chain(deployed_directory: Path, tmp_path: Path) -> Iterator[DevChain]:
    """Run a chain of its own, which no other test has sent a transaction to."""
    directory = tmp_path / "data"
    shutil.copytree(deployed_directory, directory)
    with start_dev_chain(directory) as running:
        yield running


def test_state_for_people_and_for_scripts(untouched_chain: DevChain) -> None:
    directory = untouched_chain.directory.parent
    text = ask(directory, "state").output
    assert "account 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, 0 transactions" in text
    assert "10,000,000.000000  0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48" in text
    assert "USDC/WETH   0.05 %" in text
    state = ChainState.model_validate_json(ask(directory, "state", "--json").output)
    assert state.balances[0].balance == 10_000
    assert state.contracts == untouched_chain.deployment.contracts
    prices = {(pool.token0, pool.token1): pool.price for pool in state.pools}
    assert 59_000 < prices["WBTC", "USDC"] < 61_000


def test_mine_and_reorg_tell_the_newest_block(dev_chain: DevChain) -> None:
    directory = dev_chain.directory.parent
    height = int(ask(directory, "mine").output)
    assert int(ask(directory, "mine", "3").output) == height + 3
    assert int(ask(directory, "reorg", "2").output) == height + 3
    assert ask(directory, "reorg", "65").exit_code == 2


@pytest.mark.parametrize("command", ["state", "mine"])
def test_without_a_chain_it_says_how_to_start_one(tmp_path: Path, command: str) -> None:
    assert str(ask(tmp_path, command).exception) == (
        f"no dev chain runs on {tmp_path / 'devchain'}: start one with `tradewind devchain up`"
    )


def test_ctrl_c_stops_it(deployed_directory: Path, tmp_path: Path) -> None:
    directory = tmp_path / "data"
    shutil.copytree(deployed_directory, directory)
    with running(directory) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT_SECONDS) == 0
    # The chain has just stopped, and its runtime file does not hide that.
    assert isinstance(ask(directory, "mine").exception, DevChainNotRunning)


def test_kill_9_leaves_no_orphan(deployed_directory: Path, tmp_path: Path) -> None:
    directory = tmp_path / "data"
    shutil.copytree(deployed_directory, directory)
    with running(directory) as process:
        (anvil,) = psutil.Process(process.pid).children()
        process.kill()
        block_until(
            lambda: not anvil.is_running() or anvil.status() == psutil.STATUS_ZOMBIE,
            "anvil ends with its parent",
        )


def test_without_node_it_says_what_is_missing(
    tmp_path: Path, devchain_packages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert str(ask(tmp_path, "up").exception) == (
        "Node.js is not installed: install version 20 or newer"
    )
