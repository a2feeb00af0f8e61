"""Tokens and pools are shown as the market role saw them last, and read when somebody asks."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tradewind_client.platform_calls import list_pools, list_tokens, show_platform

from gateway.market import KEPT_SECONDS, NOT_LOADED
from gateway.routes.platform import LIMITS
from tests.support.keys import Signing, owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.support import NOW, GatewayHarness
from tests.unit.pricing.pools import snapshot_of, ticks_of
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import ChainHead, PoolSnapshot
from tradewind.keys.model import Accounts
from tradewind.trading.pricing.pools.snapshot_keys import head_key, snapshot_key
from tradewind.trading.pricing.swap.tick_math import sqrt_ratio_at_tick
from tradewind.trading.ticks.pairs import shown
from tradewind.trading.tokens import load_tokens

REGISTRY = load_tokens()
DEEP = 10**24


def asset(symbol: str) -> Asset:
    token = REGISTRY.by_symbol("ethereum", symbol)
    assert token is not None
    return token.asset


def pool(
    first: str, second: str, tick: int, *, fee_pips: int = 3_000, number: int = 1
) -> PoolSnapshot:
    """Return a pool of two tokens, in the order of their addresses, at a tick."""
    tokens = sorted((asset(first), asset(second)), key=lambda one: int(one.address, 16))
    width = 887_220 if fee_pips == 3_000 else 887_270
    snapshot = snapshot_of(
        ticks_of([(-width, width, DEEP)]), sqrt_ratio_at_tick(tick), fee_pips=fee_pips
    )
    return snapshot.model_copy(
        update={
            "pool": f"0x{number:040x}",
            "token0": tokens[0],
            "token1": tokens[1],
            "block_time": NOW - timedelta(seconds=2),
            "block_number": 412,
        }
    )


def put(gateway: GatewayHarness, *pools: PoolSnapshot) -> None:
    for one in pools:
        gateway.market.apply(snapshot_key(one), one.model_dump_json().encode())


def put_head(gateway: GatewayHarness, chain_id: int) -> None:
    head = ChainHead(
        chain="ethereum",
        chain_id=chain_id,
        block_number=413,
        block_hash=f"0x{'0' * 64}",
        block_time=NOW,
        base_fee_per_gas_wei=7,
        priority_fee_per_gas_wei=1,
    )
    gateway.market.apply(head_key("ethereum"), head.model_dump_json().encode())


async def ask(gateway: GatewayHarness, path: str) -> Any:
    async with gateway.client() as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    reader: Any = {"/tokens": list_tokens, "/market/pools": list_pools, "/platform": show_platform}
    reader[path]().read(answer.content)
    return answer.json()


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.routes.pools.clock.now", lambda: NOW)


USDC_WETH_TICK = 196_250
"""About 3,000 USDC for a WETH: USDC has the lower address."""


async def test_a_token_has_a_price_where_pools_say_one() -> None:
    gateway = GatewayHarness()
    put(gateway, pool("USDC", "WETH", USDC_WETH_TICK))
    tokens = {one["symbol"]: one for one in (await ask(gateway, "/tokens"))["tokens"]}
    assert list(tokens) == sorted(tokens)
    assert (tokens["WETH"]["decimals"], tokens["USDC"]["usd_pegged"]) == (18, True)
    assert 2_900 < Decimal(tokens["WETH"]["price_usd"]) < 3_100
    assert tokens["WETH"]["price_block_number"] == 412
    assert tokens["USDC"]["price_usd"] == "1"
    assert tokens["LINK"]["price_usd"] is None
    assert "no pool" in tokens["LINK"]["price_reason"]


async def test_pairs_have_dollars_behind_and_their_pools_by_fee() -> None:
    gateway = GatewayHarness()
    put(
        gateway,
        pool("USDC", "WETH", USDC_WETH_TICK, number=1),
        pool("USDC", "WETH", USDC_WETH_TICK, fee_pips=500, number=2),
        pool("WBTC", "WETH", 257_000, number=3),
    )
    pairs = (await ask(gateway, "/tokens"))["pairs"]
    assert [one["instrument"] for one in pairs] == ["ethereum-WBTC-WETH", "ethereum-WETH-USDC"]
    assert [one["fee_pips"] for one in pairs[1]["pools"]] == [500, 3_000]
    assert (pairs[1]["base"], pairs[1]["quote"]) == ("WETH", "USDC")
    assert 2_900 < Decimal(pairs[1]["price"]) < 3_100


async def test_without_a_market_tokens_are_shown_all_the_same() -> None:
    found = await ask(GatewayHarness(), "/tokens")
    assert {one["price_reason"] for one in found["tokens"]} == {NOT_LOADED}
    assert (found["pairs"], found["truncated"]) == ([], False)
    assert await ask(GatewayHarness(), "/market/pools") == {
        "pools": [],
        "heads": [],
        "truncated": False,
    }


async def test_a_pool_is_shown_with_its_state_and_its_age() -> None:
    gateway = GatewayHarness()
    put(gateway, pool("USDC", "WETH", USDC_WETH_TICK))
    put_head(gateway, 31_337)
    found = await ask(gateway, "/market/pools")
    (one,) = found["pools"]
    assert (one["instrument"], one["fee_pips"], one["tick"]) == (
        "ethereum-WETH-USDC",
        3_000,
        USDC_WETH_TICK,
    )
    assert (one["liquidity"], one["age_seconds"]) == (str(DEEP), "2.000")
    assert 2_900 < Decimal(one["price"]) < 3_100
    assert Decimal(one["quote_depth"]) > Decimal(one["base_depth"]) > 0
    assert (found["heads"][0]["block_number"], found["heads"][0]["age_seconds"]) == (413, "0.000")


@pytest.mark.parametrize("tick", [-887_220, 887_220])
async def test_a_pool_at_the_end_of_its_prices_is_shown(tick: int) -> None:
    gateway = GatewayHarness()
    put(gateway, pool("USDC", "WETH", tick))
    assert len((await ask(gateway, "/market/pools"))["pools"]) == 1
    assert len((await ask(gateway, "/tokens"))["pairs"]) == 1


async def test_what_comes_in_is_read_once_a_second_and_rubbish_is_skipped() -> None:
    gateway = GatewayHarness()
    first, second = pool("USDC", "WETH", 0, number=1), pool("USDC", "WETH", 0, number=2)
    gateway.market.apply("ethereum.x", b"{")
    put(gateway, first)
    assert len(gateway.market.pools()) == 1
    put(gateway, second)
    assert len(gateway.market.pools()) == 1
    gateway.seconds = KEPT_SECONDS
    assert len(gateway.market.pools()) == 2
    gateway.market.remove(snapshot_key(first))
    gateway.seconds = 2 * KEPT_SECONDS
    assert [one.pool for one in gateway.market.pools()] == [second.pool]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", "0"),
        ("1", "1.00000000000000000"),
        ("1234567890123456789012.7", "1234567890123456780000"),
        ("0.1234567890123456789", "0.123456789012345678"),
        ("1E-40", "0.000000000000000000000000000000000000"),
        ("1E40", "None"),
    ],
)
def test_a_number_is_cut_to_what_a_document_may_have(value: str, expected: str) -> None:
    number = shown(Decimal(value))
    assert (str(number) if number is None else f"{number:f}") == expected


@pytest.mark.parametrize(
    ("chain_id", "mode"),
    [
        (None, "paper"),
        (31_337, "dev_chain"),
        (11_155_111, "test_chain"),
        (1, "live_chain"),
        (99, "live_chain"),
    ],
)
async def test_the_mode_is_that_of_the_chain_that_was_found(
    chain_id: int | None, mode: str
) -> None:
    gateway = GatewayHarness()
    if chain_id is not None:
        put_head(gateway, chain_id)
    platform = await ask(gateway, "/platform")
    assert (platform["mode"], platform["chain_id"]) == (mode, chain_id)
    assert platform["caller"] == {
        "key_id": "local",
        "scopes": ["admin", "read", "submit", "trade"],
        "strategies": ["*"],
        "portfolios": ["*"],
    }
    assert platform["limits"] == LIMITS.model_dump()
    assert [one["name"] for one in platform["venues"] if one["is_default"]] == ["simulated"]
    assert not platform["asks_for_keys"]


async def test_before_a_block_was_seen_the_settings_count() -> None:
    gateway = GatewayHarness(PLATFORM_MOCK_CHAIN=False, CHAIN_ID=1, build="v1")
    platform = await ask(gateway, "/platform")
    assert (platform["mode"], platform["chain_id"], platform["build"]) == ("live_chain", 1, "v1")
    assert len(platform["venues"]) == 2


@pytest.mark.parametrize(
    ("strategies", "expected"),
    [
        (("*",), ["demo-*", "Fund-1-*", "paper"]),
        (("fund-1-a", "paper"), ["Fund-1-*", "paper"]),
        (("fund-*",), ["Fund-1-*"]),
        (("DEMO-?",), ["demo-*"]),
        (("alpha",), []),
    ],
)
async def test_a_key_of_some_strategies_sees_no_others_on_paper(
    strategies: tuple[str, ...], expected: list[str]
) -> None:
    owned = owned_key(accounts=Accounts(strategies))
    paper = "demo-*,Fund-1-*,paper"
    async with (
        keyed_gateway(owned, PAPER_STRATEGIES=paper) as keyed,
        keyed.gateway.client() as client,
    ):
        platform = (await client.get("/platform", auth=Signing(owned))).json()
    assert platform["paper_strategies"] == expected
