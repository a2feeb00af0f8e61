"""Methods that only a development node has: impersonate, mine, reorganise, revert."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from tradewind.operations.embedded.devchain.errors import DeploymentFailed
from tradewind.trading.chain.hexadecimal import parse_quantity, to_data, to_quantity
from tradewind.trading.chain.rpc_client import RpcClient

GAS_LIMIT: Final = 25_000_000
"""The gas limit of every transaction, because an estimate by the node executes it ten times."""
MAX_BLOCKS_AT_ONCE: Final = 500
"""The most blocks a request mines, so that it stays well below the client's time-out."""
RECEIPT_TIMEOUT_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.001

type Receipt = dict[str, Any]


class DevelopmentNode:
    """anvil's own methods, called through an RpcClient."""

    def __init__(self, client: RpcClient) -> None:
        self.client = client

    async def block_number(self) -> int:
        """Return the number of the newest block."""
        return parse_quantity(await self.client.call("eth_blockNumber"))

    async def mine(self, blocks: int = 1) -> int:
        """Mine empty or waiting blocks; return the newest block number."""
        for mined in range(0, blocks, MAX_BLOCKS_AT_ONCE):
            count = min(blocks - mined, MAX_BLOCKS_AT_ONCE)
            await self.client.command("anvil_mine", to_quantity(count))
        return await self.block_number()

    async def mine_every(self, seconds: int) -> None:
        """Mine in intervals instead of for each transaction; 0 switches back."""
        if seconds:
            await self.client.command("evm_setIntervalMining", seconds)
        else:
            await self.client.command("evm_setAutomine", True)

    @asynccontextmanager
    async def mining_at_once(self) -> AsyncIterator[None]:
        """Mine each transaction at once in the meantime, even if the node mines in intervals."""
        seconds = await self.client.call("anvil_getIntervalMining")
        if seconds:
            await self.mine_every(0)
        try:
            yield
        finally:
            if seconds:
                await self.mine_every(seconds)

    async def reorganise(self, depth: int) -> None:
        """Replace the newest `depth` blocks by empty ones, without their transactions."""
        await self.client.command("anvil_reorg", depth, [])

    async def snapshot(self) -> str:
        """Save the present state; return its id, which can be reverted to once."""
        snapshot_id: str = await self.client.command("evm_snapshot")
        return snapshot_id

    async def revert(self, snapshot_id: str) -> None:
        """Return to a saved state; ValueError when the id is unknown."""
        if await self.client.command("evm_revert", snapshot_id) is not True:
            raise ValueError(f"no snapshot {snapshot_id}")

    async def impersonate(self, address: str, nonce: int | None = None) -> None:
        """Let `send` send from an account without its key, starting with this nonce."""
        await self.client.command("anvil_impersonateAccount", address)
        if nonce is not None:
            await self.client.command("anvil_setNonce", address, to_quantity(nonce))

    async def stop_impersonating(self, address: str) -> None:
        """End the impersonation."""
        await self.client.command("anvil_stopImpersonatingAccount", address)

    async def set_balance(self, address: str, wei: int) -> None:
        """Set an account's balance of ether."""
        await self.client.command("anvil_setBalance", address, to_quantity(wei))

    async def set_code(self, address: str, code: bytes) -> None:
        """Set the code at an address."""
        await self.client.command("anvil_setCode", address, to_data(code))

    async def send(self, sender: str, to: str | None, data: bytes, value_wei: int = 0) -> Receipt:
        """Send a transaction of an unlocked account; DeploymentFailed when it reverts."""
        transaction = {
            "from": sender,
            "data": to_data(data),
            "value": to_quantity(value_wei),
            "gas": to_quantity(GAS_LIMIT),
        }
        if to is not None:
            transaction["to"] = to
        transaction_hash = await self.client.command("eth_sendTransaction", transaction)
        receipt = await self.receipt(transaction_hash)
        if receipt["status"] != "0x1":
            raise DeploymentFailed(f"transaction {transaction_hash} to {to} reverted")
        return receipt

    async def receipt(self, transaction_hash: str) -> Receipt:
        """Wait for the receipt and return it; DeploymentFailed when none comes in time."""
        deadline = time.monotonic() + RECEIPT_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            receipt: Receipt | None = await self.client.call(
                "eth_getTransactionReceipt", transaction_hash
            )
            if receipt is not None:
                return receipt
            await asyncio.sleep(POLL_SECONDS)
        raise DeploymentFailed(f"transaction {transaction_hash} was not mined")
