"""Hands signed transactions to nodes, in the order of their nonces, and records the answers."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from actors.venues.uniswap_v3 import metrics
from tradewind.failpoints import failpoint
from tradewind.trading.chain.broadcast import BroadcastOutcome
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.wallet.records import WalletTransaction
from tradewind.trading.wallet.transaction_journal import TransactionJournal

BROADCAST_DONE: Final = "venue.broadcast"
BROADCAST_NOTED: Final = "venue.noted"
FAILPOINTS: Final = (BROADCAST_DONE, BROADCAST_NOTED)
KNOWN_OUTCOMES: Final = frozenset({BroadcastOutcome.ACCEPTED, BroadcastOutcome.ALREADY_KNOWN})

logger = structlog.get_logger("wallet")


class Broadcaster:
    """Broadcasts the transactions of one wallet."""

    def __init__(self, journal: TransactionJournal, client: RpcClient) -> None:
        self._journal = journal
        self._client = client
        self._turns = asyncio.Lock()
        self._begun = 0
        """How many turns have begun."""

    async def broadcast_unsent(self) -> None:
        """Broadcast what was signed and never broadcast, by whichever process, lowest nonce first.

        Callers take turns. Those who come while one is at work share the turn after it, because
        that one finds whatever they have signed.
        """
        begun_before = self._begun
        async with self._turns:
            if self._begun > begun_before:
                return
            self._begun += 1
            unsent = await self._journal.unsent_transactions()
            if unsent:
                await self.broadcast(unsent)

    async def broadcast(self, transactions: Sequence[WalletTransaction]) -> None:
        """Broadcast the signed bytes of each latest attempt, and record the nodes' answers."""
        answers = []
        for transaction in transactions:
            answer = await self._client.broadcast(transaction.latest.raw)
            failpoint(BROADCAST_DONE)
            metrics.BROADCASTS.labels(answer.outcome).inc()
            answers.append(
                (
                    transaction.latest.tx_hash,
                    f"{answer.outcome}: {answer.detail}",
                    answer.outcome in KNOWN_OUTCOMES,
                )
            )
            if answer.outcome is BroadcastOutcome.REFUSED:
                logger.error("refused by a node", nonce=transaction.nonce, detail=answer.detail)
        await self._journal.note_broadcasts(answers)
        failpoint(BROADCAST_NOTED)
