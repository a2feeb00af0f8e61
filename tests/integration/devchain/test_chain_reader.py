"""An operator reads balances and unknown contracts on the command line."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result

from tradewind.operations.cli import command_line
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER, TRADER
from tradewind.operations.embedded.devchain.blueprint import ADDRESSES, TOKENS
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.hexadecimal import to_data

PLACE = "0x00000000000000000000000000000000000c0dE5"
NOBODY = "0x00000000000000000000000000000000000000A1"
MKR = b"MKR".ljust(32, b"\0")
ANSWERS_MKR = bytes.fromhex(f"7f{MKR.hex()}5f5260205ff3")
"""Returns that word whatever is asked."""
CLONE = "363d3d373d3d3d363d73{}5af43d82803e903d91602b57fd5bf3"
IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"

BALANCE_OF = "0x70a08231"

type Run = Callable[..., Coroutine[Any, Any, Result]]


@pytest.fixture
def run(dev_chain: DevChain, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `tradewind …` beside the event loop, as a process of its own would."""
    for name in ("NATS_URL", "POSTGRES_DSN", "REDIS_URL"):
        monkeypatch.setenv(f"TRADEWIND_{name}", "nowhere://127.0.0.1:1")
    monkeypatch.setenv("ETH_RPC_URL", dev_chain.rpc_url)
    monkeypatch.setenv("CHAIN_ID", str(dev_chain.deployment.chain_id))
    monkeypatch.setenv("TRADEWIND_TOKENS_FILE", str(dev_chain.tokens_path))
    return lambda *words: asyncio.to_thread(CliRunner().invoke, command_line, words)


async def test_balances_are_ether_and_every_registered_token(run: Run, dev_chain: DevChain) -> None:
    """The chain is that of other tests, too, which spend: the node itself says what there is."""
    usdc = TOKENS["USDC"].address
    ether = asked(dev_chain, "eth_getBalance", TRADER, "latest")
    call = {"to": usdc, "data": f"{BALANCE_OF}{TRADER[2:]:0>64}"}
    dollars = asked(dev_chain, "eth_call", call, "latest")
    document = json.loads((await run("wallet", "balances", "--address", TRADER, "--json")).output)
    assert (document["address"], document["chain_id"]) == (TRADER, 31_337)
    held = {one["symbol"]: one for one in document["balances"]}
    assert held.keys() == {"ETH", *TOKENS}
    assert held["ETH"]["amount"] == f"{ether // 10**18}.{ether % 10**18:018}"
    assert held["USDC"]["base_units"] == str(dollars)
    text = (await run("wallet", "balances", "--address", TRADER.lower())).output
    assert f"{TRADER} on chain 31337, block {document['block_number']}" in text
    assert f"{dollars // 10**6:,}.{dollars % 10**6:06}  {usdc}" in text


def asked(chain: DevChain, method: str, *parameters: Any) -> int:
    """Return the number that the node answers."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
    answer = httpx2.post(chain.rpc_url, json=body)
    return int(answer.json()["result"], 16)


async def test_one_token_that_cannot_be_read_does_not_hide_the_others(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = TOKENS["WETH"]
    file = tmp_path / "tokens.json"
    rows = [
        {"symbol": name, "chain": "ethereum", "address": address, "decimals": 18}
        for name, address in (("GONE", NOBODY), ("WETH", known.address))
    ]
    file.write_text(json.dumps({"tokens": rows}))
    monkeypatch.setenv("TRADEWIND_TOKENS_FILE", str(file))
    words = ("wallet", "balances", "--address", LIQUIDITY_PROVIDER)
    gone, weth = json.loads((await run(*words, "--json")).output)["balances"][1:]
    assert (gone["symbol"], gone["base_units"]) == ("GONE", None)
    assert "contract deployed correctly" in gone["problem"]
    assert int(weth["base_units"]) > 0
    assert weth["problem"] is None
    assert "problem" in (await run(*words)).output


async def test_a_node_of_another_chain_is_not_read(
    run: Run, dev_chain: DevChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAIN_ID", "1337")
    monkeypatch.setenv("ETH_RPC_URL", f"http://127.0.0.1:1/secret,{dev_chain.rpc_url}")
    error = str((await run("wallet", "balances", "--address", TRADER)).exception)
    assert error == (
        "no node of ETH_RPC_URL can be used "
        "(node 1: ConnectionError, node 2: chain 31337 instead of 1337)"
    )


async def test_a_registered_token_says_what_it_is(run: Run) -> None:
    found = json.loads((await run("tokens", "inspect", TOKENS["USDC"].address, "--json")).output)
    assert found["registered"]["symbol"] == "USDC"
    assert (found["properties"]["symbol"], found["properties"]["decimals"]) == ("USDC", "6")
    assert found["code_bytes"] > 0
    assert (found["leads_to"], found["untold"]) == (None, {})
    text = (await run("tokens", "inspect", TOKENS["USDC"].address)).output
    assert "registered   as USDC with 6 decimals\n" in text


async def test_a_token_older_than_the_standard_says_its_symbol(
    run: Run, node: DevelopmentNode
) -> None:
    await node.set_code(PLACE, ANSWERS_MKR)
    found = json.loads((await run("tokens", "inspect", PLACE, "--json")).output)
    assert found["registered"] is None
    assert found["properties"]["symbol"] == "MKR"
    assert "decimals" in found["untold"]


async def test_a_proxy_is_named_with_what_it_leads_to(run: Run, node: DevelopmentNode) -> None:
    weth = TOKENS["WETH"].address
    await node.set_code(PLACE, bytes.fromhex(CLONE.format(weth[2:])))
    clone = json.loads((await run("tokens", "inspect", PLACE, "--json")).output)
    # It runs the other's code on its own storage, which is empty.
    assert (clone["leads_to"], clone["properties"]["decimals"]) == (weth, "0")
    await node.set_code(PLACE, ANSWERS_MKR)
    word = to_data(bytes.fromhex(weth[2:]).rjust(32, b"\0"))
    await node.client.command("anvil_setStorageAt", PLACE, IMPLEMENTATION_SLOT, word)
    assert f"a proxy of {weth}" in (await run("tokens", "inspect", PLACE)).output


async def test_with_an_abi_a_contract_tells_all_it_can_without_arguments(
    run: Run, tmp_path: Path
) -> None:
    owner = {"type": "function", "name": "owner", "inputs": [], "stateMutability": "view"}
    outputs = [{"type": "address", "name": ""}]
    sets = {**owner, "name": "setOwner", "stateMutability": "nonpayable", "outputs": []}
    takes = {**owner, "name": "getPool", "inputs": outputs, "outputs": outputs}
    file = tmp_path / "factory.json"
    file.write_text(json.dumps({"abi": [{**owner, "outputs": outputs}, sets, takes]}))
    words = ("tokens", "inspect", ADDRESSES.factory, "--abi", str(file), "--json")
    found = json.loads((await run(*words)).output)
    assert found["properties"].keys() == {"owner"}
    erc20 = ("name", "symbol", "decimals", "totalSupply")
    assert found["untold"] == dict.fromkeys(erc20, "execution reverted")


async def test_what_is_no_contract_or_no_abi_is_said(run: Run, tmp_path: Path) -> None:
    nothing = str((await run("tokens", "inspect", NOBODY)).exception)
    assert nothing.startswith(f"no contract at {NOBODY} in block ")
    misspelt = await run("tokens", "inspect", "0x12")
    assert misspelt.exit_code == 2
    assert "must be 0x followed by 40 hexadecimal digits" in misspelt.output
    file = tmp_path / "abi.json"
    file.write_text('{"bytecode": "0x"}')
    words = ("tokens", "inspect", TOKENS["WETH"].address, "--abi", str(file))
    assert str((await run(*words)).exception) == f"{file}: neither an ABI nor an artifact with one"
