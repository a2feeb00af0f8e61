"""Compares the chain's transaction count with the nonces the journal gave out.

The chain ahead of the journal means that somebody else uses the key. The chain behind it, waiting
for a nonce the journal never gave out, means that the wallet was once taken to be further: nothing
that is signed can be mined before somebody fills the gap.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from actors.venues.uniswap_v3 import metrics
from actors.venues.uniswap_v3.fees import FeePolicy
from actors.venues.uniswap_v3.gas import CANCEL_GAS_LIMIT
from actors.venues.uniswap_v3.keys import Signer
from actors.venues.uniswap_v3.new_attempts import NewAttempts
from actors.venues.uniswap_v3.next_action import ChainView, WatchPolicy
from tradewind.trading.wallet.nonce_gaps import GAP, NonceGaps
from tradewind.trading.wallet.records import TransactionPurpose, TransactionRequest
from tradewind.trading.wallet.transaction_journal import TransactionJournal
from tradewind.trading.wallet.watch_journal import WatchedWallet

FILLER_LIFETIME: Final = timedelta(days=3_650)
"""A transfer of nothing never expires: cancelling it would be another transfer of nothing."""

logger = structlog.get_logger("wallet")


class NonceWatch:
    """Halts a wallet whose nonces and the chain's differ for a while."""

    def __init__(
        self,
        journal: TransactionJournal,
        signer: Signer,
        fees: FeePolicy,
        attempts: NewAttempts,
        policy: WatchPolicy,
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._gaps = NonceGaps.beside(journal)
        self._signer = signer
        self._fees = fees
        self._attempts = attempts
        self._policy = policy
        self._now = now
        self._ahead_since: datetime | None = None
        self._missing: list[int] = []
        self._missing_since: datetime | None = None

    async def check(self, watched: WatchedWallet, view: ChainView) -> None:
        """Halt the wallet for a foreign transaction or a gap, or fill the gap where asked to."""
        await self._check_foreign(watched, view)
        await self._check_gap(watched, view)

    async def _check_foreign(self, watched: WatchedWallet, view: ChainView) -> None:
        """Halt when the chain counts more transactions than the journal has given out nonces."""
        given_out = watched.wallet.next_nonce
        if view.next_nonce <= given_out:
            self._ahead_since = None
            return
        now = self._now()
        self._ahead_since = self._ahead_since or now
        if now - self._ahead_since >= self._policy.foreign_grace:
            await self._journal.halt(
                f"the chain counts {view.next_nonce} transactions, the journal has given out "
                f"{given_out} nonces: the key was used from outside",
                counted=view.next_nonce,
            )

    async def _check_gap(self, watched: WatchedWallet, view: ChainView) -> None:
        missing = await self._missing_nonces(watched, view)
        metrics.MISSING_NONCES.set(len(missing))
        if missing[:1] != self._missing[:1]:
            self._missing_since = self._now()
        self._missing = missing
        if watched.fill_requested_by is not None:
            await self._fill(missing, watched.fill_requested_by, view)
        elif missing and self._lasts(missing, view):
            await self._tell(missing, view)

    async def _missing_nonces(self, watched: WatchedWallet, view: ChainView) -> list[int]:
        """Return what the chain waits for and no transaction of the journal has.

        Nonces from the lowest open one on belong to the journal, so mostly nothing is asked.
        """
        nonces = (watched.lowest_nonce, watched.wallet.next_nonce)
        below = min(nonce for nonce in nonces if nonce is not None)
        return await self._gaps.missing(view.next_nonce, below) if view.next_nonce < below else []

    def _lasts(self, missing: list[int], view: ChainView) -> bool:
        """Return whether the gap is old; while a node says it has the missing one it may last."""
        is_known = view.pending_nonce is not None and view.pending_nonce > missing[0]
        patience = self._policy.replace_after if is_known else self._policy.foreign_grace
        return self._missing_since is not None and self._now() - self._missing_since >= patience

    async def _tell(self, missing: list[int], view: ChainView) -> None:
        """Begin at the chain's count while no nonce was given out; halt the wallet otherwise."""
        if await self._gaps.restart(view.next_nonce):
            logger.warning(
                "transactions that waited at first sight of the wallet are gone",
                next_nonce=view.next_nonce,
            )
            return
        await self._journal.halt(
            f"{GAP}the chain waits for nonce {missing[0]}, which the journal never gave out "
            f"({len(missing)} missing up to {missing[-1]}), so nothing above it can be mined: "
            "`tradewind wallet fill` fills them with transfers of nothing"
        )

    async def _fill(self, missing: list[int], requested_by: str, view: ChainView) -> None:
        if not missing:
            await self._gaps.withdraw()
            return
        fees = self._fees.initial(
            view.base_fee_wei, await self._attempts.suggested_priority_fee_wei()
        )
        if fees is None:
            logger.error("gas costs more than TRADEWIND_MAX_FEE_PER_GAS_WEI, nothing is filled")
            return
        request = TransactionRequest(
            TransactionPurpose.FILLER,
            self._journal.address,
            b"",
            CANCEL_GAS_LIMIT,
            fees,
            self._now() + FILLER_LIFETIME,
        )
        filled = await self._gaps.fill(missing, request, self._signer.sign)
        logger.warning("missing nonces filled", nonces=filled, requested_by=requested_by)
        await self._attempts.broadcast_unsent()
