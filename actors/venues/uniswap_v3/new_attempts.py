"""Signs a transaction once more at the same nonce: the same call at higher fees, or nothing."""

from typing import Final

import structlog

from actors.venues.uniswap_v3 import metrics
from actors.venues.uniswap_v3.broadcaster import Broadcaster
from actors.venues.uniswap_v3.fees import FeePolicy
from actors.venues.uniswap_v3.gas import CANCEL_GAS_LIMIT
from actors.venues.uniswap_v3.keys import Signer
from actors.venues.uniswap_v3.next_action import ChainView
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Call, Fault
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.wallet.records import (
    AttemptPurpose,
    TransactionRequest,
    WalletTransaction,
)
from tradewind.trading.wallet.transaction_journal import TransactionJournal

PRIORITY_FEE: Final = "eth_maxPriorityFeePerGas"

logger = structlog.get_logger("wallet")


class NewAttempts:
    """Replaces and cancels the transactions of one wallet."""

    def __init__(
        self,
        journal: TransactionJournal,
        client: RpcClient,
        signer: Signer,
        fees: FeePolicy,
        broadcaster: Broadcaster,
    ) -> None:
        self._journal = journal
        self._client = client
        self._signer = signer
        self._fees = fees
        self._broadcaster = broadcaster

    async def replace(self, transaction: WalletTransaction, view: ChainView) -> None:
        """Sign the latest call again at higher fees; at the cap, broadcast it unchanged."""
        latest = transaction.latest
        if latest.purpose is AttemptPurpose.CANCEL:
            await self.cancel(transaction, view)
            return
        await self._sign_again(
            transaction,
            view,
            AttemptPurpose.REPLACEMENT,
            (transaction.target, transaction.data, latest.gas_limit),
        )

    async def cancel(self, transaction: WalletTransaction, view: ChainView) -> None:
        """Sign a transfer of nothing at higher fees; at the cap, broadcast the latest attempt."""
        await self._sign_again(
            transaction,
            view,
            AttemptPurpose.CANCEL,
            (self._journal.address, b"", CANCEL_GAS_LIMIT),
        )

    async def broadcast_unsent(self) -> None:
        """Broadcast what was signed and never broadcast."""
        await self._broadcaster.broadcast_unsent()

    async def suggested_priority_fee_wei(self) -> int:
        """Return what a node suggests; 0 where it does not know the method."""
        (reply,) = await self._client.batch([Call(PRIORITY_FEE)])
        return 0 if isinstance(reply, Fault) else parse_quantity(reply)

    async def _sign_again(
        self,
        transaction: WalletTransaction,
        view: ChainView,
        purpose: AttemptPurpose,
        call: tuple[str, bytes, int],
    ) -> None:
        fees = self._fees.raised(
            transaction.latest.fees, view.base_fee_wei, await self.suggested_priority_fee_wei()
        )
        if fees is None:
            await self._broadcaster.broadcast([transaction])
            return
        request = TransactionRequest(transaction.purpose, *call, fees, transaction.deadline)
        added = await self._journal.add_attempt(transaction, purpose, request, self._signer.sign)
        if added is None:
            return
        metrics.ADDED_ATTEMPTS.labels(purpose).inc()
        logger.warning(
            "signed again",
            nonce=transaction.nonce,
            purpose=purpose.value,
            tx_hash=added.tx_hash,
            max_fee_per_gas_wei=added.fees.max_fee_per_gas_wei,
        )
        current = await self._journal.transaction_at(transaction.nonce)
        if current is not None and not current.state.is_settled:
            await self._broadcaster.broadcast([current])
