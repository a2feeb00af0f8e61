"""The npm packages of the dev chain: anvil, contract artifacts and the Solidity compiler."""

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

from tradewind.operations.embedded.devchain.errors import DevChainUnavailable

DIRECTORY: Final = Path(__file__).with_name("contracts")
LOCK_FILE: Final = DIRECTORY / "package-lock.json"
TOKEN_SOURCE: Final = DIRECTORY / "TestToken.sol"
MACHINES: Final = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
INSTALL_TIMEOUT_SECONDS: Final = 300.0
COMPILE_TIMEOUT_SECONDS: Final = 60.0
EVM_VERSION: Final = "paris"
"""A version that every chain and fork the contracts run on supports."""


class Artifact(NamedTuple):
    """A compiled contract: the code that creates it, without constructor arguments."""

    creation_code: bytes


def anvil_binary() -> Path:
    """Return anvil of the npm package for this machine, else one on the PATH."""
    machine = MACHINES.get(platform.machine(), platform.machine())
    name = f"@foundry-rs/anvil-{sys.platform}-{machine}"
    bundled = DIRECTORY / "node_modules" / name / "bin" / "anvil"
    if bundled.exists():
        return bundled
    on_path = shutil.which("anvil")
    if on_path:
        return Path(on_path)
    raise DevChainUnavailable(f"no anvil: {_missing()}, or put anvil on the PATH")


def require() -> None:
    """Check that everything is installed; DevChainUnavailable says what is missing."""
    anvil_binary()
    _node()
    if not is_installed():
        raise DevChainUnavailable(f"no contract artifacts: {_missing()}")


def is_installed() -> bool:
    """Return whether the installed packages are the pinned ones."""
    pinned = json.loads((DIRECTORY / "package.json").read_text())["dependencies"]
    return all(_installed_version(name) == version for name, version in pinned.items())


def install() -> None:
    """Install the pinned packages; DevChainUnavailable when npm is missing or fails."""
    npm = shutil.which("npm")
    if npm is None:
        raise DevChainUnavailable("npm is not installed: install Node.js 20 or newer")
    completed = subprocess.run(  # noqa: S603
        [npm, "ci"],
        cwd=DIRECTORY,
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_SECONDS,
        check=False,
    )
    if completed.returncode != 0:
        lines = completed.stderr.strip().splitlines() or ["no message"]
        raise DevChainUnavailable(f"npm ci failed in {DIRECTORY}: {lines[0]}")


def load_artifact(path: str) -> Artifact:
    """Return a contract from a package; the path is below node_modules."""
    try:
        document = json.loads((DIRECTORY / "node_modules" / path).read_text())
    except OSError:
        raise DevChainUnavailable(f"no contract artifacts: {_missing()}") from None
    return Artifact(bytes.fromhex(document["bytecode"].removeprefix("0x")))


def compile_token() -> Artifact:
    """Compile the token; about a second."""
    return compile_source(TOKEN_SOURCE)["TestToken"]


def compile_source(source: Path) -> dict[str, Artifact]:
    """Compile a file of Solidity and return its contracts by name."""
    completed = subprocess.run(  # noqa: S603
        [_node(), str(DIRECTORY / "node_modules" / "solc" / "solc.js"), "--standard-json"],
        input=json.dumps(_compiler_input(source)),
        capture_output=True,
        text=True,
        timeout=COMPILE_TIMEOUT_SECONDS,
        check=False,
    )
    # The compiler prints remarks about solvers before its JSON.
    output: dict[str, Any] = json.loads(completed.stdout[completed.stdout.find("{") :] or "{}")
    try:
        contracts = output["contracts"][source.name]
    except KeyError:
        problems = output.get("errors") or completed.stderr
        raise DevChainUnavailable(f"{source.name} does not compile: {problems}") from None
    return {
        name: Artifact(bytes.fromhex(contract["evm"]["bytecode"]["object"]))
        for name, contract in contracts.items()
    }


def _compiler_input(source: Path) -> dict[str, Any]:
    return {
        "language": "Solidity",
        "sources": {source.name: {"content": source.read_text()}},
        "settings": {
            "evmVersion": EVM_VERSION,
            "optimizer": {"enabled": True, "runs": 200},
            "outputSelection": {"*": {"*": ["evm.bytecode.object"]}},
        },
    }


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise DevChainUnavailable("Node.js is not installed: install version 20 or newer")
    return node


def _installed_version(name: str) -> str | None:
    try:
        package = json.loads((DIRECTORY / "node_modules" / name / "package.json").read_text())
    except (OSError, ValueError):
        return None
    version: str | None = package.get("version")
    return version


def _missing() -> str:
    if shutil.which("npm") is None:
        return "Node.js with npm is not installed"
    return f"run `npm ci` in {DIRECTORY}"
