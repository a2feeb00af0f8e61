"""The file that tells other commands where the running platform is: `platform.json`.

It lies in the data directory, is replaced atomically and readable by its owner only.
"""

import json
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final, Literal, NotRequired, TypedDict

from tradewind.embedded.alive import is_alive
from tradewind.embedded.lock import is_locked

RUNTIME_FILE: Final = "platform.json"
DATA_DIRECTORY_NAME: Final = ".tradewind"
DATA_DIRECTORY_VARIABLE: Final = "TRADEWIND_DATA_DIR"
_MOCK_CHAIN: Final = ("PLATFORM_MOCK_CHAIN", "TRADEWIND_PLATFORM_MOCK_CHAIN")

type PlatformState = Literal["starting", "ready", "degraded", "stopping"]
type ProcessState = Literal["starting", "running", "restarting", "stopped"]


class Url(TypedDict):
    """Address of a server."""

    url: str


class Dsn(TypedDict):
    """Address of the database, with its password when it has one."""

    dsn: str


class RoleStatus(TypedDict):
    """One role process."""

    role: str
    pid: int
    state: ProcessState
    metrics_url: str
    log: str


class ServerStatus(TypedDict):
    """One server process."""

    name: str
    pid: int
    state: ProcessState
    log: str


class ChainStatus(TypedDict):
    """What the platform trades on; everything but the venue is there for a chain only."""

    venue: Literal["simulated", "uniswap_v3"]
    chain_id: NotRequired[int]
    rpc: NotRequired[str]
    """Address of the platform's own node; of somebody's, the host only."""
    wallet: NotRequired[str]
    tokens_file: NotRequired[str]
    """The tokens of the platform's own chain."""


class Platform(TypedDict):
    """A running platform: every address, pid and state."""

    pid: int
    state: PlatformState
    data_dir: str
    gateway: Url
    nats: Url
    postgres: Dsn
    redis: Url
    chain: ChainStatus
    roles: list[RoleStatus]
    servers: list[ServerStatus]


def write_platform(data_directory: Path, platform: Platform) -> None:
    """Replace the runtime file."""
    path = data_directory / RUNTIME_FILE
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(platform, stream, indent=2)
    fresh.replace(path)


def remove_platform(data_directory: Path) -> None:
    """Remove the runtime file: nothing runs any more."""
    (data_directory / RUNTIME_FILE).unlink(missing_ok=True)


def read_platform(data_directory: Path) -> Platform | None:
    """Return the running platform of a data directory; None when none runs."""
    try:
        platform: Platform = json.loads((data_directory / RUNTIME_FILE).read_text())
        is_running = is_alive(platform["pid"]) and is_locked(data_directory)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    # The lock as well, because another process may have been given the id since.
    return platform if is_running else None


def find_data_directory() -> Path:
    """Return the data directory the environment names, else the nearest one upwards of here.

    A source checkout's own directory comes last, so that its `tradewind` works from anywhere.
    """
    named = os.environ.get(DATA_DIRECTORY_VARIABLE)
    if named:
        return Path(named)
    here = Path.cwd()
    checkout = Path(__file__).parents[2]
    for parent in (here, *here.parents, checkout):
        if (parent / DATA_DIRECTORY_NAME / RUNTIME_FILE).exists():
            return parent / DATA_DIRECTORY_NAME
    return here / DATA_DIRECTORY_NAME


def export_addresses(environment: MutableMapping[str, str]) -> Platform | None:
    """Set what the environment lacks of servers and chain to what the running platform has.

    A worker that joins the platform trades where it does; one that was told of another server joins
    another platform. Keys are not here: they are no address.
    """
    platform = read_platform(find_data_directory())
    if platform is None:
        return None
    addresses = {
        "TRADEWIND_NATS_URL": platform["nats"]["url"],
        "TRADEWIND_POSTGRES_DSN": platform["postgres"]["dsn"],
        "TRADEWIND_REDIS_URL": platform["redis"]["url"],
    }
    if not any(name in environment for name in (*addresses, *_MOCK_CHAIN)):
        _export_chain(environment, platform["chain"])
    for name, address in addresses.items():
        environment.setdefault(name, address)
    return platform


def _export_chain(environment: MutableMapping[str, str], chain: ChainStatus) -> None:
    environment["PLATFORM_MOCK_CHAIN"] = "true" if chain["venue"] == "simulated" else "false"
    if chain.get("rpc", "").startswith("http://"):
        # The platform's own node; somebody else's address may carry an API key and is not kept.
        environment.setdefault("ETH_RPC_URL", chain["rpc"])
        environment.setdefault("CHAIN_ID", str(chain["chain_id"]))
    if "tokens_file" in chain:
        environment.setdefault("TRADEWIND_TOKENS_FILE", chain["tokens_file"])
