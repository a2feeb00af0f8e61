"""Reads and writes `platform.json`, in which other commands find the running platform.

It is in the data directory, is replaced atomically and readable by its owner only: it holds every
identity's addresses, passwords included. What people and scripts are shown is `without_secrets`.
"""

import json
import os
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Final, Literal, NotRequired, TypedDict

from tradewind import CHECKOUT
from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.roles import ServerName
from tradewind.contracts.venues import VENUES, VenueKind
from tradewind.errors import ConfigurationError
from tradewind.operations.access.addresses import ADDRESS_VARIABLES, without_login
from tradewind.operations.access.credentials import write_secret
from tradewind.operations.access.identities import Identity
from tradewind.operations.processes.alive import is_alive
from tradewind.operations.processes.lock import is_locked
from tradewind.settings import PREFIX

RUNTIME_FILE: Final = "platform.json"
DATA_DIRECTORY_NAME: Final = ".tradewind"
DATA_DIRECTORY_VARIABLE: Final = "TRADEWIND_DATA_DIR"
PROVIDER_URL_VARIABLE: Final = f"{PREFIX}HYPERLIQUID_URL"
PROVIDER_NAME_VARIABLE: Final = f"{PREFIX}MARKET_DATA_PROVIDER"
SIMULATED_PROVIDER: Final = "simulated"
DATASETS_VARIABLE: Final = f"{PREFIX}DATASETS"
DATASETS_DIRECTORY: Final = "datasets"
_MOCK_CHAIN: Final = ("PLATFORM_MOCK_CHAIN", "TRADEWIND_PLATFORM_MOCK_CHAIN")

type Addresses = Mapping[ServerName, str]
"""The addresses of the three servers with the login of one identity."""
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
    """The venue of the platform; all other keys are present for a chain only."""

    venue: VenueName
    chain_id: NotRequired[int]
    rpc: NotRequired[str]
    """Address of the platform's own node; only the host of any other node."""
    wallet: NotRequired[str]
    tokens_file: NotRequired[str]
    """The tokens of the platform's own chain."""


class ProviderStatus(TypedDict):
    """The provider of market data: of the simulated one the whole address, else the host."""

    name: str
    url: str


class Platform(TypedDict):
    """A running platform: addresses with the administrator's login, pids and states."""

    pid: int
    state: PlatformState
    data_dir: str
    gateway: Url
    nats: Url
    postgres: Dsn
    redis: Url
    chain: ChainStatus
    provider: NotRequired[ProviderStatus]
    datasets: NotRequired[str]
    """The folder that its backtesters read."""
    roles: list[RoleStatus]
    servers: list[ServerStatus]
    addresses: NotRequired[dict[str, Addresses]]
    """The addresses of every identity; missing after `without_secrets`."""


def write_platform(data_directory: Path, platform: Platform) -> None:
    """Replace the runtime file."""
    write_secret(data_directory / RUNTIME_FILE, json.dumps(platform, indent=2))


def without_secrets(platform: Platform) -> Platform:
    """Return the platform without logins, which may be printed."""
    shown = platform.copy()
    shown["nats"] = {"url": without_login(platform["nats"]["url"])}
    shown["postgres"] = {"dsn": without_login(platform["postgres"]["dsn"])}
    shown["redis"] = {"url": without_login(platform["redis"]["url"])}
    shown.pop("addresses", None)
    return shown


def remove_platform(data_directory: Path) -> None:
    """Remove the runtime file when the platform has stopped."""
    (data_directory / RUNTIME_FILE).unlink(missing_ok=True)


def read_platform(data_directory: Path) -> Platform | None:
    """Return the running platform of a data directory; None when none is running."""
    try:
        platform: Platform = json.loads((data_directory / RUNTIME_FILE).read_text())
        is_running = is_alive(platform["pid"]) and is_locked(data_directory)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    # The lock decides as well, because another process may have the id by now.
    return platform if is_running else None


def find_data_directory() -> Path:
    """Return the data directory the environment names, else the nearest in a parent directory.

    A source checkout's own directory comes last, so that its `tradewind` works from anywhere.
    """
    named = os.environ.get(DATA_DIRECTORY_VARIABLE)
    if named:
        return Path(named)
    here = Path.cwd()
    for parent in (here, *here.parents, CHECKOUT):
        if (parent / DATA_DIRECTORY_NAME / RUNTIME_FILE).exists():
            return parent / DATA_DIRECTORY_NAME
    return here / DATA_DIRECTORY_NAME


def missing_variables(
    environment: Mapping[str, str], identities: Sequence[Identity]
) -> dict[str, str]:
    """Return the variables an environment lacks to use the running platform's servers and chain.

    A worker that joins the platform trades on its chain; one whose environment names another
    server joins another platform. Keys are not among the variables. ConfigurationError when the
    identities, which are to share a process, do not log in as one.
    """
    platform = read_platform(find_data_directory())
    if platform is None:
        return {}
    missing: dict[str, str] = {}
    if not any(name in environment for name in (*ADDRESS_VARIABLES.values(), *_MOCK_CHAIN)):
        missing |= _chain_variables(platform["chain"], environment)
        missing |= _provider_variables(platform.get("provider"), environment)
        if "datasets" in platform and DATASETS_VARIABLE not in environment:
            missing[DATASETS_VARIABLE] = platform["datasets"]
    for server, variable in ADDRESS_VARIABLES.items():
        if variable not in environment:
            missing[variable] = _address(platform, server, identities)
    return missing


def datasets_folder(environment: Mapping[str, str], data_directory: Path) -> str:
    """Return where a platform keeps datasets: where the environment says, else with its data."""
    named = environment.get(DATASETS_VARIABLE)
    return str(Path(named).resolve() if named else data_directory / DATASETS_DIRECTORY)


def export_addresses(environment: MutableMapping[str, str], *identities: Identity) -> None:
    """Set the variables of `missing_variables`; those that are set stay."""
    environment.update(missing_variables(environment, identities))


def _address(platform: Platform, server: ServerName, identities: Sequence[Identity]) -> str:
    found = {platform["addresses"][identity][server] for identity in identities}
    if len(found) > 1:
        raise ConfigurationError(
            f"{' and '.join(identities)} log in as themselves: run a process for each, "
            "as `tradewind worker` does"
        )
    return found.pop()


def _provider_variables(
    provider: ProviderStatus | None, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return what leads a feed to the simulated provider; another one's address may be a secret."""
    if provider is None or provider["name"] != SIMULATED_PROVIDER:
        return {}
    if PROVIDER_URL_VARIABLE in environment:
        return {}
    return {PROVIDER_URL_VARIABLE: provider["url"], PROVIDER_NAME_VARIABLE: provider["name"]}


def _chain_variables(chain: ChainStatus, environment: Mapping[str, str]) -> dict[str, str]:
    found = {
        "PLATFORM_MOCK_CHAIN": "true" if VENUES[chain["venue"]].kind is VenueKind.PAPER else "false"
    }
    optional: dict[str, str] = {}
    if chain.get("rpc", "").startswith("http://"):
        # This is the platform's own node; another address may carry an API key and is not stored.
        optional["ETH_RPC_URL"] = chain["rpc"]
        optional["CHAIN_ID"] = str(chain["chain_id"])
    if "tokens_file" in chain:
        optional[f"{PREFIX}TOKENS_FILE"] = chain["tokens_file"]
    return found | {name: value for name, value in optional.items() if name not in environment}
