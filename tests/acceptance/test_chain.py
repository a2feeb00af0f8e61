"""A fresh platform with a chain of its own: an intent performs a real swap, and all agree on it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from loadtest.platform import RUNTIME_FILE, Platform, running_platform
from tests.acceptance.secrecy import MAY_HAVE_THE_KEY, leaked_keys_of_models, leaks
from tests.support.canary import Canary, in_memories
from tests.support.directories import open_directory
from tests.support.requests import LINK, USDC, WETH
from tests.support.settlement.audit import ENDED, Evidence, Order, problems
from tests.support.settlement.chain_record import ChainRecord, chain_record
from tests.support.settlement.platform_record import (
    count_set_aside,
    read_histories,
    read_journal,
    read_stream,
)
from tests.support.waiting import wait_until
from tradewind.operations.embedded.devchain import packages
from tradewind.operations.embedded.devchain.errors import DevChainUnavailable

DAI: dict[str, Any] = {
    "symbol": "DAI",
    "chain": "ethereum",
    "address": "0x6B175474E89094C44Da98b954EedeAC495271d0F",
    "decimals": 18,
}
TOKENS: tuple[dict[str, Any], ...] = (WETH, USDC, LINK, DAI)
INTENTS: tuple[tuple[str, dict[str, Any], dict[str, Any], str], ...] = (
    ("acquire", WETH, USDC, "0.1"),
    ("dispose", WETH, USDC, "0.2"),
    ("acquire", LINK, WETH, "12"),
    ("dispose", LINK, WETH, "7"),
    ("acquire", WETH, DAI, "0.3"),
    ("dispose", WETH, DAI, "0.4"),
)
"""Both sides, both orders of the tokens' addresses."""
MAX_SLIPPAGE = Decimal("0.01")


@pytest.fixture(scope="module")
def chain_platform(keys: dict[str, str]) -> Iterator[Platform]:
    """`tradewind up` as it is without any setting, but for keys that are searched for."""
    try:
        packages.require()
    except DevChainUnavailable as reason:
        pytest.skip(f"no dev chain: {reason}")
    with (
        open_directory("chain") as directory,
        running_platform(directory / "data", keys) as running,
    ):
        yield running


@pytest.fixture
async def record(chain_platform: Platform, canary: Canary) -> AsyncIterator[ChainRecord]:
    """What the chain itself says of the wallet."""
    status = json.loads((chain_platform.data_directory / RUNTIME_FILE).read_bytes())
    assert status["chain"]["wallet"] == canary.address
    async with chain_record(status["chain"]["rpc"], canary.address) as record:
        yield record


def body(side: str, base: dict[str, Any], quote: dict[str, Any], amount: str) -> dict[str, Any]:
    return {
        "strategy_id": "chain",
        "intent_type": side,
        "assets": [base, quote],
        "amount": amount,
        "constraints": {
            "max_slippage": str(MAX_SLIPPAGE),
            "time_window": 300,
            "execution_style": "aggressive",
        },
    }


async def submit(platform: Platform) -> list[str]:
    """Post all intents at once; return their correlations in the order of INTENTS."""
    async with httpx2.AsyncClient(base_url=platform.url, timeout=15) as client:
        answers = await asyncio.gather(
            *(client.post("/intents", json=body(*intent)) for intent in INTENTS)
        )
    assert {answer.status_code for answer in answers} == {201}, [one.text for one in answers]
    return [f"intent-{answer.json()['intent_id']}" for answer in answers]


async def until_ended(platform: Platform, correlations: list[str]) -> None:
    async def are_ended() -> bool:
        histories = await read_histories(platform.postgres_dsn, correlations)
        ended = [rows for rows in histories.values() if rows[-1]["topic"] in ENDED]
        return len(ended) == len(correlations)

    await wait_until(are_ended, "every intent has ended")


def order_of(correlation: str, rows: list[dict[str, Any]]) -> Order:
    """Return what the plan says is sold, for how much at least."""
    plan = next(row["payload"] for row in rows if row["topic"] == "plan.created")
    (step,) = plan["steps"]
    return Order(
        correlation,
        plan["planId"],
        step["token_in"],
        step["token_out"],
        int(step["amount_in"]),
        int(step["min_out"]),
    )


def base_units(amount: str, token: dict[str, Any]) -> int:
    return int(Decimal(amount).scaleb(token["decimals"]))


async def test_intents_perform_real_swaps_and_every_record_agrees_to_the_wei(
    chain_platform: Platform, canary: Canary, record: ChainRecord
) -> None:
    before = await record.balances([token["address"] for token in TOKENS])
    assert before.nonce == 0

    correlations = await submit(chain_platform)
    await until_ended(chain_platform, correlations)

    dsn = chain_platform.postgres_dsn
    histories = await read_histories(dsn, correlations)
    assert {rows[-1]["topic"] for rows in histories.values()} == {"exec.completed"}
    orders = [order_of(correlation, histories[correlation]) for correlation in correlations]
    for order, (side, base, quote, amount) in zip(orders, INTENTS, strict=True):
        if side == "dispose":
            assert (order.token_in, order.token_out) == (base["address"], quote["address"])
            assert order.amount_in == base_units(amount, base)
        else:
            assert (order.token_in, order.token_out) == (quote["address"], base["address"])
            assert order.min_out == base_units(amount, base) * (1 - MAX_SLIPPAGE)
    evidence = Evidence(
        orders=orders,
        before=before,
        after=await record.balances(list(before.tokens)),
        mined=await record.mined(before.block_number),
        histories=histories,
        stream=await read_stream(chain_platform.nats_url),
        journal=await read_journal(dsn, canary.address),
        set_aside=await count_set_aside(dsn),
    )
    assert problems(evidence) == []
    assert len(evidence.mined) == 2 * len(INTENTS)


async def test_the_wallet_command_finds_the_platform_and_its_wallet(
    chain_platform: Platform, canary: Canary, record: ChainRecord
) -> None:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("tradewind")),
        *("wallet", "status", "--json"),
        env={"TRADEWIND_DATA_DIR": str(chain_platform.data_directory)},
        stdout=subprocess.PIPE,
    )
    output, _ = await process.communicate()
    status = json.loads(output)
    assert (status["address"], status["chain_id"]) == (canary.address, 31_337)
    assert (status["halted"], status["open"]) == (False, [])
    assert status["next_nonce"] == (await record.balances([])).nonce


async def test_the_key_is_nowhere_but_in_the_orchestrator(
    chain_platform: Platform, canary: Canary, models: Canary
) -> None:
    keeper = {"it": chain_platform.pids()[MAY_HAVE_THE_KEY]}
    assert in_memories(canary, keeper)
    assert await leaks(chain_platform, canary) == []
    assert leaked_keys_of_models(chain_platform, models) == []
