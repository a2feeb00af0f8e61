"""anvil, a local EVM node: the chain of development and tests."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tradewind.operations.embedded.devchain.packages import anvil_binary
from tradewind.operations.processes.child import Program
from tradewind.operations.processes.ports import LOOPBACK, listens
from tradewind.operations.processes.service import exchange

CHAIN_ID: Final = 31_337
STATE_INTERVAL_SECONDS: Final = 5
DEVELOPMENT_ACCOUNTS: Final = 10
MAX_HISTORICAL_STATES: Final = 128
"""How many blocks back eth_call reaches. A state is a whole copy; by default anvil puts every one
on disk, more than a gigabyte for a thousand blocks."""
MAX_TRANSACTION_BLOCKS: Final = 5_000
"""How many blocks back there are receipts; they make up most of the state file."""


@dataclass(frozen=True)
class AnvilServer:
    """anvil whose chain lies in `directory`; kill -9 costs it the last few seconds of blocks."""

    directory: Path
    port: int
    log_path: Path
    name: str = "anvil"
    block_time_seconds: int | None = None
    """Mine a block this often; None mines none without a transaction."""
    mines_each_transaction: bool = True
    """Mine a block for every transaction too. Many of them push the chain's clock ahead of ours."""
    fork_url: str | None = None
    """Start from the newest state of this node's chain instead of from nothing."""

    @property
    def url(self) -> str:
        """Address for clients."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def state_path(self) -> Path:
        """The state of the chain, in anvil's own format."""
        return self.directory / "state.json"

    def prepare(self) -> None:
        """Back the state file up when it is complete; restore it when a crash truncated it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        whole = self.state_path.with_name("state.last.json")
        if _is_json(self.state_path):
            shutil.copyfile(self.state_path, whole.with_suffix(".new"))
            whole.with_suffix(".new").replace(whole)
        elif _is_json(whole):
            shutil.copyfile(whole, self.state_path)
        else:
            self.state_path.unlink(missing_ok=True)

    def program(self) -> Program:
        """Return what to run."""
        options = {
            "--host": LOOPBACK,
            "--port": str(self.port),
            "--chain-id": str(CHAIN_ID),
            "--accounts": str(DEVELOPMENT_ACCOUNTS),
            "--state": str(self.state_path),
            "--state-interval": str(STATE_INTERVAL_SECONDS),
            "--prune-history": str(MAX_HISTORICAL_STATES),
            "--transaction-block-keeper": str(MAX_TRANSACTION_BLOCKS),
        }
        command = [str(anvil_binary()), *(word for option in options.items() for word in option)]
        if self.block_time_seconds is not None:
            command += ["--block-time", str(self.block_time_seconds)]
            if self.mines_each_transaction:
                command.append("--mixed-mining")
        if self.fork_url is not None:
            command += ["--fork-url", self.fork_url]
        # Without this option anvil logs every request.
        return Program([*command, "--quiet"], self.log_path)

    def is_ready(self, pid: int) -> bool:
        """Return whether this process answers eth_chainId, and not one left by somebody else.

        All of them have the same chain id, and contracts would be deployed on the other's chain.
        """
        if not listens(pid, self.port):
            return False
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []})
        head = f"POST / HTTP/1.1\r\nHost: {LOOPBACK}\r\nContent-Type: application/json\r\n"
        request = f"{head}Content-Length: {len(body)}\r\n\r\n{body}"
        return f'"{CHAIN_ID:#x}"'.encode() in exchange(self.port, request.encode())


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return True
