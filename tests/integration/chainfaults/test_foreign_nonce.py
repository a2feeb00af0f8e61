"""The key is used from outside: the wallet halts until an operator has acknowledged it."""

import asyncio
import json

from eth_account import Account

from tests.integration.chainfaults.conftest import StartHarness
from tests.integration.chainfaults.harness import WalletHarness
from tests.support.waiting import wait_until
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER

GWEI = 10**9
ORDERS = 2


async def send_from_outside(harness: WalletHarness, nonce: int) -> str:
    """Send a foreign ether transfer with the wallet's key; return its hash."""
    transaction = {
        "type": 2,
        "chainId": 31_337,
        "nonce": nonce,
        "to": LIQUIDITY_PROVIDER,
        "value": 1,
        "gas": 21_000,
        "maxFeePerGas": 150 * GWEI,
        "maxPriorityFeePerGas": 50 * GWEI,
    }
    signed = Account.sign_transaction(transaction, harness.canary.secret)
    tx_hash: str = await harness.record.ask(
        "eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex()
    )
    return tx_hash


async def test_a_nonce_the_journal_never_gave_out(start_harness: StartHarness) -> None:
    async with start_harness() as harness:
        await harness.start("first", "second")
        await harness.place(1)
        await harness.ended()
        foreign = await send_from_outside(harness, (await harness.record.balances([])).nonce)
        await wait_until(harness.journal.is_halted, "the wallet is halted")
        at_halt = await harness.record.mined(harness.before.block_number)
        orders = await harness.place(ORDERS)
        await asyncio.sleep(1)

        assert await harness.record.mined(harness.before.block_number) == at_halt
        assert all([(await harness.topics(order))[-1] == "plan.created" for order in orders])
        status = json.loads(await harness.wallet("status", "--json"))
        assert harness.canary.address in json.dumps(status)
        assert "halted" in (await harness.wallet("status")).lower()

        await harness.wallet("resume", "--yes")
        await harness.ended()
        assert await harness.problems([foreign]) == []
        assert len(await harness.payloads("exec.completed")) == 1 + ORDERS


async def test_the_nonce_of_a_signed_step_is_taken(start_harness: StartHarness) -> None:
    async with start_harness(interval_seconds=0) as harness:
        await harness.start("first", "second")
        (order,) = await harness.place(1)
        await wait_until(
            lambda: harness.journal.has_transactions(2, "state = 'broadcast'"), "it is sent"
        )
        (swap,) = await harness.journal.transactions("purpose = 'swap'")
        await harness.client.command("anvil_dropAllTransactions")
        # The approval is ours; a foreign transaction at higher fees takes the swap's nonce.
        foreign = await send_from_outside(harness, swap["nonce"])
        harness.blocks.interval_seconds = 0.2
        await wait_until(harness.journal.is_halted, "the wallet is halted")
        await asyncio.sleep(1)
        assert (await harness.topics(order))[-1] == "exec.step_submitted"

        await harness.wallet("resume", "--yes")
        await harness.ended()
        assert await harness.problems([foreign]) == []
        failed = (await harness.payloads("exec.failed"))[order.plan_id]
        assert (failed["reason"], failed["proof"]) == ("NONCE_TAKEN", "nonce_taken")
        await harness.place(ORDERS)
        await harness.ended()
        assert await harness.problems([foreign]) == []
