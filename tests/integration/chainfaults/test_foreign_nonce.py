"""The key is used from outside: the wallet halts, says so, and goes on when somebody has looked."""

import asyncio
import json

from eth_account import Account

from tests.integration.chainfaults.conftest import StartDrill
from tests.integration.chainfaults.drill import Drill, until
from tradewind.operations.embedded.devchain.accounts import LIQUIDITY_PROVIDER

GWEI = 10**9
ORDERS = 2


async def send_from_outside(drill: Drill, nonce: int) -> str:
    """Send an ether transfer that the journal knows nothing of; return its hash."""
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
    signed = Account.sign_transaction(transaction, drill.canary.secret)
    tx_hash: str = await drill.record.ask(
        "eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex()
    )
    return tx_hash


async def test_a_nonce_the_journal_never_gave_out(start_drill: StartDrill) -> None:
    async with start_drill() as drill:
        await drill.start("first", "second")
        await drill.place(1)
        await drill.ended()
        foreign = await send_from_outside(drill, (await drill.record.balances([])).nonce)
        await until(drill.is_halted, "the wallet is halted")
        at_halt = await drill.record.mined(drill.before.block_number)
        orders = await drill.place(ORDERS)
        await asyncio.sleep(1)

        assert await drill.record.mined(drill.before.block_number) == at_halt
        assert all([(await drill.topics(order))[-1] == "plan.created" for order in orders])
        status = json.loads(await drill.wallet("status", "--json"))
        assert drill.canary.address in json.dumps(status)
        assert "halted" in (await drill.wallet("status")).lower()

        await drill.wallet("resume", "--yes")
        await drill.ended()
        assert await drill.problems([foreign]) == []
        assert len(await drill.payloads("exec.completed")) == 1 + ORDERS


async def test_the_nonce_of_a_signed_step_is_taken(start_drill: StartDrill) -> None:
    async with start_drill(interval_seconds=0) as drill:
        await drill.start("first", "second")
        (order,) = await drill.place(1)
        await until(lambda: drill.has_slots(2, "state = 'broadcast'"), "it is sent")
        (swap,) = await drill.slots("purpose = 'swap'")
        await drill.client.command("anvil_dropAllTransactions")
        # the approval is ours, the swap's nonce is taken by somebody who pays more
        foreign = await send_from_outside(drill, swap["nonce"])
        drill.blocks.interval_seconds = 0.2
        await until(drill.is_halted, "the wallet is halted")
        await asyncio.sleep(1)
        assert (await drill.topics(order))[-1] == "exec.step_submitted"

        await drill.wallet("resume", "--yes")
        await drill.ended()
        assert await drill.problems([foreign]) == []
        failed = (await drill.payloads("exec.failed"))[order.plan_id]
        assert (failed["reason"], failed["proof"]) == ("NONCE_TAKEN", "nonce_taken")
        await drill.place(ORDERS)
        await drill.ended()
        assert await drill.problems([foreign]) == []
