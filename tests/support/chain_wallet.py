"""An account that signs its own transactions, as a client of any chain must."""

from eth_account import Account

from tradewind.operations.embedded.devchain.anvil_server import CHAIN_ID
from tradewind.operations.embedded.devchain.node import DevelopmentNode, Receipt
from tradewind.trading.chain.broadcast import BroadcastOutcome
from tradewind.trading.chain.hexadecimal import parse_quantity, to_data
from tradewind.trading.chain.rpc_client import RpcClient

GWEI = 10**9


class Wallet:
    def __init__(self, client: RpcClient, key: str) -> None:
        self._client = client
        self._account = Account.from_key(key)
        self.address: str = self._account.address

    async def sign(self, to: str, data: bytes = b"", /, **fields: int) -> bytes:
        """Return a signed transaction; `fields` replace its default fields."""
        nonce = await self._client.call("eth_getTransactionCount", self.address, "pending")
        transaction = {
            "type": 2,
            "chainId": CHAIN_ID,
            "nonce": parse_quantity(nonce),
            "to": to,
            "data": to_data(data),
            "value": 0,
            "gas": 500_000,
            "maxFeePerGas": 100 * GWEI,
            "maxPriorityFeePerGas": GWEI,
        }
        signed = self._account.sign_transaction(transaction | fields)
        return bytes(signed.raw_transaction)

    async def send(self, to: str, data: bytes, **fields: int) -> Receipt:
        """Return the receipt of a transaction, which the node mines a moment later."""
        answer = await self._client.broadcast(await self.sign(to, data, **fields))
        assert answer.outcome is BroadcastOutcome.ACCEPTED, answer
        return await DevelopmentNode(self._client).receipt(answer.transaction_hash)
