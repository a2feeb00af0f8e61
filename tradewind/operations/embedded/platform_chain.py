"""Which chain a platform trades on: one of its own, a fork, somebody's node, or a simulation."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tradewind.contracts.venues import default_venue
from tradewind.operations.embedded.devchain.accounts import TRADER, TRADER_KEY
from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID, AnvilServer
from tradewind.operations.embedded.devchain.dev_chain import start_dev_chain
from tradewind.operations.embedded.devchain.errors import DevChainUnavailable
from tradewind.operations.embedded.settings import PlatformChainSettings
from tradewind.operations.processes.lock import data_directory_lock
from tradewind.operations.processes.ports import choose_ports
from tradewind.operations.processes.process import ServiceProcess
from tradewind.operations.processes.runtime_file import ChainStatus
from tradewind.settings import PREFIX

MOCK_CHAIN: Final = "PLATFORM_MOCK_CHAIN"
RPC_URL: Final = "ETH_RPC_URL"
CHAIN_ID_VARIABLE: Final = "CHAIN_ID"
FORK_DIRECTORY: Final = "fork"
WALLET_KEY: Final = f"{PREFIX}WALLET_KEY"
KEYSTORE_FILE: Final = f"{PREFIX}KEYSTORE_FILE"
KEY_VARIABLES: Final = (
    WALLET_KEY,
    KEYSTORE_FILE,
    f"{PREFIX}KEYSTORE_PASSWORD",
    f"{PREFIX}KEYSTORE_PASSWORD_FILE",
)
"""What only the orchestrator may have in its environment."""


@dataclass(frozen=True)
class PlatformChain:
    """A chain, and what the roles have to know of it."""

    status: ChainStatus
    process: ServiceProcess[AnvilServer] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """For every role."""
    orchestrator_environment: Mapping[str, str] = field(default_factory=dict)
    """For the orchestrator alone: the key."""


def take_keys(environment: MutableMapping[str, str]) -> dict[str, str]:
    """Take the wallet's key and password out of an environment, so that no child inherits them."""
    return {name: environment.pop(name) for name in KEY_VARIABLES if name in environment}


@contextmanager
def start_chain(
    directory: Path,
    settings: PlatformChainSettings,
    keys: Mapping[str, str],
    say: Callable[[str], None],
) -> Iterator[PlatformChain]:
    """Yield the chain the environment asks for, stopping at the end what was started.

    Without PLATFORM_MOCK_CHAIN and ETH_RPC_URL that is a dev chain, or the simulation, said once,
    where Node.js or its packages are missing. Main thread only.
    """
    with ExitStack() as stack:
        if _is_set(MOCK_CHAIN) and settings.mock_chain:
            yield PlatformChain({"venue": default_venue(has_chain=False)})
        elif not _is_set(RPC_URL):
            yield _own_or_simulated(stack, directory, settings, keys, say)
        elif settings.use_mainnet_fork:
            yield stack.enter_context(_fork(directory, keys))
        else:
            yield _external(keys)


def _own_or_simulated(
    stack: ExitStack,
    directory: Path,
    settings: PlatformChainSettings,
    keys: Mapping[str, str],
    say: Callable[[str], None],
) -> PlatformChain:
    try:
        return stack.enter_context(_own(directory, settings, keys))
    except DevChainUnavailable as reason:
        if _is_set(MOCK_CHAIN):
            raise  # a chain was asked for
        say(f"{reason}. Trading on the simulated venue.")
        return PlatformChain(
            {"venue": default_venue(has_chain=False)}, environment={MOCK_CHAIN: "true"}
        )


@contextmanager
def _own(
    directory: Path, settings: PlatformChainSettings, keys: Mapping[str, str]
) -> Iterator[PlatformChain]:
    seconds = settings.devchain_block_time_seconds
    with start_dev_chain(
        directory,
        block_time_seconds=seconds or None,
        mines_each_transaction=not seconds,
        chain=settings.chain,
    ) as chain:
        wallet = _wallet(keys) or TRADER
        if wallet != TRADER:
            # Only here: it runs an event loop of its own.
            from tradewind.operations.embedded.devchain.funding import fund_once

            asyncio.run(fund_once(chain.rpc_url, wallet))
        tokens_file = str(settings.tokens_file or chain.tokens_path)
        status = _describe(chain.rpc_url, wallet, CHAIN_ID)
        status["tokens_file"] = tokens_file
        yield PlatformChain(
            status,
            chain.process,
            _environment(chain.rpc_url) | {f"{PREFIX}TOKENS_FILE": tokens_file},
            dict(keys) or {WALLET_KEY: TRADER_KEY},
        )


@contextmanager
def _fork(directory: Path, keys: Mapping[str, str]) -> Iterator[PlatformChain]:
    from tradewind.operations.embedded.devchain.funding import fund_on_fork
    from tradewind.trading.chain.uniswap_v3 import MAINNET_CONTRACTS

    source = os.environ[RPC_URL].split(",")[0].strip()
    place = directory / FORK_DIRECTORY
    place.mkdir(parents=True, exist_ok=True)
    with data_directory_lock(place) as lock:
        port = choose_ports(place, ("anvil",))["anvil"]
        server = AnvilServer(
            place / "anvil",
            port,
            place / "anvil.log",
            block_time_seconds=1,
            mines_each_transaction=False,
            fork_url=source,
        )
        process = ServiceProcess(server, [lock])
        try:
            process.start()
            process.wait_ready()
            wallet = _wallet(keys) or TRADER
            variable = f"{PREFIX}UNISWAP_V3_WRAPPED_NATIVE"
            wrapped = os.environ.get(variable, MAINNET_CONTRACTS.wrapped_native)
            asyncio.run(fund_on_fork(server.url, wallet, wrapped))
            yield PlatformChain(
                _describe(server.url, wallet, CHAIN_ID),
                process,
                _environment(server.url),
                dict(keys) or {WALLET_KEY: TRADER_KEY},
            )
        finally:
            process.stop()


def _external(keys: Mapping[str, str]) -> PlatformChain:
    chain_id = int(os.environ.get(CHAIN_ID_VARIABLE, CHAIN_ID))
    host = urlsplit(os.environ[RPC_URL].split(",")[0].strip()).netloc.rpartition("@")[2]
    status = _describe(host, _wallet(keys), chain_id)
    return PlatformChain(status, None, {MOCK_CHAIN: "false"}, dict(keys))


def _environment(rpc_url: str) -> dict[str, str]:
    return {MOCK_CHAIN: "false", RPC_URL: rpc_url, CHAIN_ID_VARIABLE: str(CHAIN_ID)}


def _describe(rpc: str, wallet: str | None, chain_id: int) -> ChainStatus:
    return {
        "venue": default_venue(has_chain=True),
        "chain_id": chain_id,
        "rpc": rpc,
        "wallet": wallet or "unknown",
    }


def _wallet(keys: Mapping[str, str]) -> str | None:
    """Return the address of the configured key; None when none is, or it does not tell."""
    if WALLET_KEY in keys:
        from eth_account import Account

        try:
            address: str = Account.from_key(keys[WALLET_KEY].strip()).address
        except Exception:  # the orchestrator says what is wrong, without quoting the key
            return None
        return address
    if KEYSTORE_FILE in keys:
        return _keystore_address(Path(keys[KEYSTORE_FILE]))
    return None


def _keystore_address(path: Path) -> str | None:
    from tradewind.contracts.instruments.assets import to_checksum_address

    try:
        digits = json.loads(path.read_bytes())["address"].removeprefix("0x")
        return to_checksum_address(f"0x{digits}") if len(bytes.fromhex(digits)) == 20 else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _is_set(name: str) -> bool:
    return name in os.environ or f"{PREFIX}{name}" in os.environ
