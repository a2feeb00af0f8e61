"""What `tradewind up` trades on, as the environment asks for it."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from actors.evaluator.settings import ModelKeySettings
from tradewind.operations.embedded.devchain.accounts import TRADER, TRADER_KEY
from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.errors import DevChainUnavailable
from tradewind.operations.embedded.model_keys import take_model_keys
from tradewind.operations.embedded.platform_chain import (
    KEY_VARIABLES,
    WALLET_KEY,
    PlatformChain,
    start_chain,
    take_keys,
)
from tradewind.operations.embedded.settings import PlatformChainSettings
from tradewind.settings import PREFIX, load
from tradewind.trading.chain.contract_interface import Read
from tradewind.trading.chain.erc20 import BALANCE_OF
from tradewind.trading.chain.pool_loader import discover_pools
from tradewind.trading.chain.rpc_client import RpcClient

OWN_KEY = "0x" + "0b" * 32
OWN_WALLET = Account.from_key(OWN_KEY).address


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Start from an environment without variables about chains."""
    for name in ("PLATFORM_MOCK_CHAIN", "ETH_RPC_URL", "USE_MAINNET_FORK", "CHAIN_ID"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"TRADEWIND_{name}", raising=False)
    return monkeypatch


def opened(directory: Path, said: list[str], **keys: str) -> Any:
    return start_chain(directory, load(PlatformChainSettings), keys, said.append)


def assert_simulated(chain: PlatformChain) -> None:
    assert chain.status == {"venue": "simulated"}
    assert chain.process is None
    assert chain.orchestrator_environment == {}


def test_a_simulation_that_is_asked_for_is_nothing_to_talk_about(
    tmp_path: Path, bare: pytest.MonkeyPatch
) -> None:
    bare.setenv("PLATFORM_MOCK_CHAIN", "true")
    said: list[str] = []
    with opened(tmp_path, said) as chain:
        assert_simulated(chain)
    assert said == []


def test_without_node_trading_is_simulated_and_that_is_said_once(
    tmp_path: Path, bare: pytest.MonkeyPatch
) -> None:
    bare.setenv("PATH", str(tmp_path))
    said: list[str] = []
    with opened(tmp_path, said) as chain:
        assert_simulated(chain)
        assert chain.environment == {"PLATFORM_MOCK_CHAIN": "true"}
    (message,) = said
    assert "Node.js" in message
    assert "simulated" in message


def test_a_chain_that_is_asked_for_and_cannot_be_is_an_error(
    tmp_path: Path, bare: pytest.MonkeyPatch
) -> None:
    bare.setenv("PATH", str(tmp_path))
    bare.setenv("PLATFORM_MOCK_CHAIN", "false")
    with pytest.raises(DevChainUnavailable), opened(tmp_path, []):
        pass


def test_somebodys_node_is_used_as_it_is_and_its_path_is_not_shown(
    tmp_path: Path, bare: pytest.MonkeyPatch
) -> None:
    bare.setenv("ETH_RPC_URL", "https://user:pass@node.example/v3/secret-key, https://other")
    bare.setenv("CHAIN_ID", "11155111")
    with opened(tmp_path, [], **{WALLET_KEY: OWN_KEY}) as chain:
        assert chain.process is None
        assert chain.status["chain_id"] == 11_155_111
        assert (chain.status["rpc"], chain.status["wallet"]) == ("node.example", OWN_WALLET)
        assert chain.environment == {"PLATFORM_MOCK_CHAIN": "false"}
        assert chain.orchestrator_environment == {WALLET_KEY: OWN_KEY}
        assert "secret-key" not in str(chain.status)


async def _wealth(url: str, wallet: str, token: str) -> tuple[int, int]:
    async with RpcClient([url]) as client:
        ether = int(await client.call("eth_getBalance", wallet, "latest"), 16)
        (held,) = await client.read(Read(token, BALANCE_OF, (wallet,)))
        return ether, held


def test_a_chain_of_ones_own_has_a_funded_wallet(deployed_directory: Path, tmp_path: Path) -> None:
    for keys, wallet in (({}, TRADER), ({WALLET_KEY: OWN_KEY}, OWN_WALLET)):
        with opened(tmp_path, [], **keys) as chain:
            assert chain.process is not None
            assert chain.status["wallet"] == wallet
            assert chain.environment["PLATFORM_MOCK_CHAIN"] == "false"
            assert not set(KEY_VARIABLES) & set(chain.environment)
            assert chain.orchestrator_environment == (keys or {WALLET_KEY: TRADER_KEY})
            weth = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
            ether, held = asyncio.run(_wealth(chain.environment["ETH_RPC_URL"], wallet, weth))
            assert ether > 10**18
            assert held > 10**18


def test_a_fork_has_the_pools_of_its_source_and_a_funded_wallet(
    dev_chain: DevChain, tmp_path: Path, bare: pytest.MonkeyPatch
) -> None:
    bare.setenv("ETH_RPC_URL", dev_chain.rpc_url)
    bare.setenv("USE_MAINNET_FORK", "true")
    deployment = dev_chain.deployment

    async def pools(url: str) -> int:
        async with RpcClient([url]) as client:
            tokens = [token.asset for token in deployment.tokens]
            return len(await discover_pools(client, deployment.contracts, tokens))

    with opened(tmp_path, [], **{WALLET_KEY: OWN_KEY}) as chain:
        url = chain.environment["ETH_RPC_URL"]
        assert url != dev_chain.rpc_url
        assert chain.environment["CHAIN_ID"] == str(CHAIN_ID)
        assert asyncio.run(pools(url)) == len(deployment.pools)
        wrapped = deployment.contracts.wrapped_native
        ether, held = asyncio.run(_wealth(url, OWN_WALLET, wrapped))
        assert ether > 10**20
        assert held > 10**20
        # The source does not have it.
        assert asyncio.run(_wealth(dev_chain.rpc_url, OWN_WALLET, wrapped)) == (0, 0)


def test_keys_are_taken_out_of_the_environment(bare: pytest.MonkeyPatch) -> None:
    for name in KEY_VARIABLES:
        bare.setenv(name, name.lower())
    assert take_keys(os.environ) == {name: name.lower() for name in KEY_VARIABLES}
    assert not set(KEY_VARIABLES) & set(os.environ)


def test_keys_of_all_vendors_are_taken_out_of_the_environment(bare: pytest.MonkeyPatch) -> None:
    variables = {f"{PREFIX}{name.upper()}" for name in ModelKeySettings.model_fields}
    for name in variables:
        bare.setenv(name, name.lower())
    assert take_model_keys(os.environ) == {name: name.lower() for name in variables}
    assert not variables & set(os.environ)
