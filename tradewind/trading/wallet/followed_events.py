"""Keeps the events that wait for the chain, until what follows from them is published."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from tradewind.failpoints import failpoint
from tradewind.trading.wallet import queries
from tradewind.trading.wallet.journal_connection import JournalConnection
from tradewind.trading.wallet.records import WalletTransaction

FOLLOWED: Final = "journal.followed"
FORGETTING: Final = "journal.forgetting"
FAILPOINTS: Final = (FOLLOWED, FORGETTING)


class Question(StrEnum):
    """What an event waits for."""

    SUBMISSION = "submission"
    """That a node has the transaction."""
    OUTCOME = "outcome"
    """That the transaction is settled, or that its block left the chain once more."""


class FollowedEvent(NamedTuple):
    """An event about a transaction, as bytes, and what it waits for."""

    event_id: str
    question: Question
    reorgs_known: int
    """How many reorgs the event and those before it told of."""
    body: bytes


class FollowedEvents(JournalConnection):
    """The events about one wallet's transactions that wait for the chain."""

    async def follow(self, tx_hash: str, event: FollowedEvent) -> None:
        """Keep an event about the transaction with this attempt; a repetition changes nothing."""
        await self._execute(
            queries.FOLLOW,
            *(tx_hash, event.event_id, event.question, event.reorgs_known, event.body),
        )
        failpoint(FOLLOWED)

    async def answered(self) -> list[tuple[FollowedEvent, WalletTransaction]]:
        """Return the events that wait no longer, with their transactions, lowest nonce first."""
        async with self._connection() as connection:
            rows = await connection.fetch(queries.ANSWERED, *self._wallet)
        if not rows:
            return []
        nonces = [row["nonce"] for row in rows]
        found = {one.nonce: one for one in await self._transactions(queries.AT_NONCES, nonces)}
        return [
            (
                FollowedEvent(
                    row["event_id"], Question(row["question"]), row["reorgs_known"], row["body"]
                ),
                found[row["nonce"]],
            )
            for row in rows
        ]

    async def forget(self, event_ids: Sequence[str]) -> None:
        """Drop events whose consequences are stored; a redelivery is answered all the same."""
        failpoint(FORGETTING)
        await self._execute(queries.FORGET_FOLLOWED, list(event_ids))
