"""The start fails with one line that names the wrong variable of chain, contracts or tokens."""

from typing import Any

import pytest
from pydantic import SecretStr

from actors.venues.uniswap_v3.checks import check_chain
from tests.support.factories import REGISTRY
from tradewind.errors import ConfigurationError
from tradewind.operations.embedded.devchain.accounts import TRADER
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.chain.uniswap_v3 import MAINNET_CONTRACTS

TOKENS = [token.asset for token in REGISTRY.tokens]
ROUTER_02 = MAINNET_CONTRACTS.swap_router_02
QUOTER = MAINNET_CONTRACTS.quoter_v2


def settings(chain: DevChain, chain_id: int = 31_337, **changes: Any) -> ChainSettings:
    return ChainSettings(
        TRADEWIND_ETH_RPC_URL=SecretStr(chain.rpc_url), TRADEWIND_CHAIN_ID=chain_id, **changes
    )


async def test_the_dev_chain_is_as_the_defaults_say(dev_chain: DevChain, client: RpcClient) -> None:
    for router in ("swap_router", "swap_router_02"):
        await check_chain(client, settings(dev_chain, swap_router=router), TOKENS)


@pytest.mark.parametrize(
    ("chain_id", "changes", "message"),
    [
        (1, {}, "CHAIN_ID is 1, where real money is at stake: set TRADEWIND_ALLOW_MAINNET"),
        (10, {}, "TRADEWIND_ALLOW_MAINNET"),
        (123_456, {}, "TRADEWIND_ALLOW_MAINNET"),
        (1, {"allow_mainnet": True}, "CHAIN_ID is 1, but ETH_RPC_URL leads to chain 31337"),
        (11_155_111, {}, "leads to chain 31337"),
        (31_337, {"uniswap_v3_factory": TRADER}, "UNISWAP_V3_FACTORY: there is no contract"),
        (31_337, {"uniswap_v3_quoter_v2": TRADER}, "UNISWAP_V3_QUOTER_V2: there is no contract"),
        (31_337, {"uniswap_v3_factory": ROUTER_02}, "UNISWAP_V3_FACTORY: the router works with"),
        (31_337, {"uniswap_v3_wrapped_native": QUOTER}, "WRAPPED_NATIVE: the router works with"),
        (
            31_337,
            {"uniswap_v3_swap_router": MAINNET_CONTRACTS.factory},
            "UNISWAP_V3_SWAP_ROUTER: .* is no router",
        ),
    ],
)
async def test_what_does_not_fit_is_named(
    dev_chain: DevChain, client: RpcClient, chain_id: int, changes: Any, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        await check_chain(client, settings(dev_chain, chain_id, **changes), TOKENS)


async def test_a_token_with_other_decimals_is_named(dev_chain: DevChain, client: RpcClient) -> None:
    wrong = [token.model_copy(update={"decimals": 7}) for token in TOKENS if token.symbol == "USDC"]
    with pytest.raises(
        ConfigurationError,
        match=r"TOKENS_FILE: tokens\.0, USDC at 0x.*: has 6 decimals on this chain, not 7",
    ):
        await check_chain(client, settings(dev_chain), wrong)


async def test_a_token_that_is_not_here_is_nobodys_mistake(
    dev_chain: DevChain, client: RpcClient
) -> None:
    elsewhere = [TOKENS[0].model_copy(update={"address": TRADER})]
    await check_chain(client, settings(dev_chain), elsewhere)
