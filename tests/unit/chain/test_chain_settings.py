"""Settings of the chain and the wallet: hostile values are refused by name, secrets stay hidden."""

import pytest
from pydantic_settings import BaseSettings

from tradewind.errors import ConfigurationError
from tradewind.settings import load
from tradewind.trading.chain.settings import ChainSettings, WalletSettings
from tradewind.trading.chain.uniswap_v3 import MAINNET_CONTRACTS

SECRET = "0x" + "5e" * 32


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Start from a node and nothing else."""
    for name in ("CHAIN_ID", "TRADEWIND_ETH_RPC_URL", "TRADEWIND_CHAIN_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ETH_RPC_URL", "https://first.example/key-one, http://second.example")
    return monkeypatch


def test_several_nodes_are_a_comma_apart_and_their_paths_are_never_shown() -> None:
    settings = load(ChainSettings)
    assert settings.rpc_urls() == ("https://first.example/key-one", "http://second.example")
    assert "key-one" not in repr(settings)


def test_contracts_are_those_of_main_net_unless_said(environment: pytest.MonkeyPatch) -> None:
    assert load(ChainSettings).contracts() == MAINNET_CONTRACTS
    environment.setenv("TRADEWIND_UNISWAP_V3_FACTORY", MAINNET_CONTRACTS.tick_lens)
    assert load(ChainSettings).contracts().factory == MAINNET_CONTRACTS.tick_lens


@pytest.mark.parametrize(
    ("chain_id", "is_mainnet"),
    [(1, True), (10, True), (42_161, True), (999_999, True), (31_337, False), (11_155_111, False)],
)
def test_every_chain_not_known_to_be_harmless_is_a_main_net(
    environment: pytest.MonkeyPatch, chain_id: int, is_mainnet: bool
) -> None:
    environment.setenv("CHAIN_ID", str(chain_id))
    assert load(ChainSettings).is_mainnet() is is_mainnet


@pytest.mark.parametrize(
    ("kind", "variables", "named"),
    [
        (ChainSettings, {"ETH_RPC_URL": "ftp://node"}, "ETH_RPC_URL"),
        (ChainSettings, {"ETH_RPC_URL": " , "}, "ETH_RPC_URL"),
        (ChainSettings, {"ETH_RPC_URL": ",".join(["http://n"] * 17)}, "ETH_RPC_URL"),
        (ChainSettings, {"CHAIN_ID": "0"}, "CHAIN_ID"),
        (ChainSettings, {"TRADEWIND_UNISWAP_V3_FACTORY": "0x12"}, "TRADEWIND_UNISWAP_V3_FACTORY"),
        (ChainSettings, {"TRADEWIND_CONFIRMATIONS": "0"}, "TRADEWIND_CONFIRMATIONS"),
        (ChainSettings, {"TRADEWIND_APPROVAL": "unlimited"}, "TRADEWIND_APPROVAL"),
        (
            ChainSettings,
            {"TRADEWIND_MAX_FEE_PER_GAS_WEI": "1"},
            "TRADEWIND_MAX_PRIORITY_FEE_PER_GAS_WEI",
        ),
        (
            WalletSettings,
            {"TRADEWIND_WALLET_KEY": SECRET, "TRADEWIND_KEYSTORE_FILE": "k.json"},
            "TRADEWIND_WALLET_KEY",
        ),
        (WalletSettings, {"TRADEWIND_KEYSTORE_FILE": "k.json"}, "TRADEWIND_KEYSTORE_PASSWORD"),
        (
            WalletSettings,
            {
                "TRADEWIND_KEYSTORE_FILE": "k.json",
                "TRADEWIND_KEYSTORE_PASSWORD": SECRET,
                "TRADEWIND_KEYSTORE_PASSWORD_FILE": "p",
            },
            "TRADEWIND_KEYSTORE_PASSWORD",
        ),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    environment: pytest.MonkeyPatch,
    kind: type[BaseSettings],
    variables: dict[str, str],
    named: str,
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"^{named} is wrong") as caught:
        load(kind)
    assert SECRET not in str(caught.value)


def test_a_key_is_never_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TRADEWIND_WALLET_KEY", SECRET)
    settings = load(WalletSettings)
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()}"
