"""Checks that a chain is the configured one before anything is signed for it."""

import re
from collections.abc import Iterable
from typing import Final

from eth_abi.exceptions import DecodingError

from tradewind.contracts.instruments.assets import Asset
from tradewind.errors import ConfigurationError
from tradewind.trading.chain.chain_id import check_chain_id
from tradewind.trading.chain.contract_interface import LATEST, Read
from tradewind.trading.chain.erc20 import DECIMALS
from tradewind.trading.chain.errors import RpcRefused
from tradewind.trading.chain.hexadecimal import parse_data
from tradewind.trading.chain.json_rpc import Call, Fault, Reply
from tradewind.trading.chain.reverts import is_revert, revert_reason
from tradewind.trading.chain.rpc_client import RpcClient, result_of
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.chain.uniswap_v3 import ROUTER_FACTORY, ROUTER_WRAPPED_NATIVE

EXECUTION: Final = re.compile(r"opcode|out of gas|outofgas|evm|stack|jump|vm execution", re.I)
"""How nodes say that a contract's own code failed, other than by a revert."""
MAX_SHOWN_CHARACTERS: Final = 74


async def check_chain(client: RpcClient, settings: ChainSettings, tokens: Iterable[Asset]) -> None:
    """Check chain id, contracts and tokens; ConfigurationError says which variable is wrong.

    A configured token may be absent from this chain, but its decimals must agree where it exists.
    Raises RpcUnavailable when no node answers.
    """
    _check_mainnet_is_meant(settings)
    await check_chain_id(client, settings)
    await _check_contracts(client, settings)
    here = [
        (f"TRADEWIND_TOKENS_FILE: tokens.{number}, {token.symbol} at {token.address}", token)
        for number, token in enumerate(tokens)
        if token.chain == settings.chain
    ]
    await _check_tokens(client, here)


def _check_mainnet_is_meant(settings: ChainSettings) -> None:
    if settings.is_mainnet() and not settings.allow_mainnet:
        raise ConfigurationError(
            f"CHAIN_ID is {settings.chain_id}, where real money is at stake: "
            "set TRADEWIND_ALLOW_MAINNET=true if that is meant"
        )


async def _check_contracts(client: RpcClient, settings: ChainSettings) -> None:
    contracts = settings.contracts()
    names = list(type(contracts).model_fields)
    addresses = contracts.model_dump()
    codes = await client.batch([Call("eth_getCode", (addresses[name], LATEST)) for name in names])
    for name, reply in zip(names, codes, strict=True):
        if not parse_data(result_of(reply)):
            raise ConfigurationError(
                f"TRADEWIND_UNISWAP_V3_{name.upper()}: there is no contract at {addresses[name]}"
            )
    router = addresses[settings.swap_router]
    try:
        (factory,), (wrapped,) = await client.read_all(
            [Read(router, ROUTER_FACTORY), Read(router, ROUTER_WRAPPED_NATIVE)]
        )
    except (RpcRefused, ValueError) as error:
        variable = f"TRADEWIND_UNISWAP_V3_{settings.swap_router.upper()}"
        raise ConfigurationError(f"{variable}: {router} is no router: {error}") from None
    for name, found in (("factory", factory), ("wrapped_native", wrapped)):
        if found != addresses[name]:
            raise ConfigurationError(
                f"TRADEWIND_UNISWAP_V3_{name.upper()}: the router works with {found}"
            )


async def _check_tokens(client: RpcClient, tokens: list[tuple[str, Asset]]) -> None:
    """Compare decimals; ConfigurationError for a token that reverts or answers nonsense."""
    codes = await client.batch([Call("eth_getCode", (one.address, LATEST)) for _, one in tokens])
    replies = await client.batch([Read(token.address, DECIMALS).call() for _, token in tokens])
    for (place, token), code, reply in zip(tokens, codes, replies, strict=True):
        if not parse_data(result_of(code)):
            continue
        decimals = _decimals(place, reply)
        if decimals != token.decimals:
            raise ConfigurationError(
                f"{place}: has {decimals} decimals on this chain, not {token.decimals}"
            )


def _decimals(place: str, reply: Reply) -> int:
    """Return what a token answers; RpcRefused names the token when it may be the node's fault."""
    if isinstance(reply, Fault):
        reason = revert_reason(reply) if is_revert(reply) else reply.message
        text = f"{place}: decimals() fails: {reason}"
        if not is_revert(reply) and not EXECUTION.search(reply.message):
            raise RpcRefused(f"{text} ({reply.code})")
        raise ConfigurationError(f"{text}; take the token out of the file, it cannot be traded")
    try:
        (decimals,) = DECIMALS.decode(parse_data(reply))
    except (DecodingError, ValueError):
        raise ConfigurationError(
            f"{place}: decimals() answers {str(reply)[:MAX_SHOWN_CHARACTERS]}, which is no number "
            "from 0 to 255; take the token out of the file, it cannot be traded"
        ) from None
    return int(decimals)
