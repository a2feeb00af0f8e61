"""Asks the treasury to compare wallets with the chain, and waits a little for what it finds."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from gateway.ports import EventPublisher
from tradewind.contracts.envelope import Event
from tradewind.contracts.ids import make_ulid
from tradewind.contracts.roles import Role
from tradewind.contracts.wallets.payloads import WalletReconcileRequested
from tradewind.contracts.wallets.report import ReconciliationReport
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.runtime import clock
from tradewind.trading.treasury.reports import reconcile_request
from tradewind.trading.treasury.shown import WalletDocument, WalletTransactionDocument
from tradewind.trading.treasury.slots import SlotDocument

WAIT_SECONDS: Final = 3.0
"""With what keeping the request and reading may take, the answer comes within five."""
POLL_SECONDS: Final = 0.1
ENTROPY_BYTES: Final = 10
MILLISECONDS: Final = 1_000


class ReportJournal(Protocol):
    """Keeps requests to reconcile, and has their reports; TransientError while it cannot."""

    async def ask(self, request: Event[WalletReconcileRequested]) -> None: ...

    async def find(self, report_id: str) -> ReconciliationReport | None: ...

    async def page(self, before: str | None, limit: int) -> list[ReconciliationReport]: ...


class WalletBooks(Protocol):
    """Shows wallets; TransientError while it cannot."""

    async def all(self) -> list[WalletDocument]: ...

    async def one(self, wallet_id: str) -> WalletDocument | None: ...

    async def transactions(
        self, wallet_id: str, below: int | None, limit: int
    ) -> list[WalletTransactionDocument]: ...


class WalletSlots(Protocol):
    """Shows the nonces of wallets; TransientError while it cannot."""

    async def page(self, wallet_id: str, below: int | None, limit: int) -> list[SlotDocument]: ...


class Treasury(NamedTuple):
    """What routes ask about wallets."""

    wallets: WalletBooks
    slots: WalletSlots
    reports: ReportJournal
    reconciler: "Reconciler"


class Reconciler:
    """Takes in requests. One that is kept is answered, whether or not the broker has its event."""

    def __init__(
        self,
        journal: ReportJournal,
        publisher: EventPublisher,
        *,
        now: Callable[[], datetime] = clock.now,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._journal = journal
        self._publisher = publisher
        self._now = now
        self._wait_seconds = wait_seconds

    async def reconcile(
        self, threshold: Decimal, requested_by: str
    ) -> tuple[str, ReconciliationReport | None]:
        """Return the report's id, and the report where it comes in time; TransientError."""
        at = self._now()
        entropy = os.urandom(ENTROPY_BYTES)
        report_id = make_ulid(int(at.timestamp() * MILLISECONDS), entropy)
        producer = Role.GATEWAY.value
        request = reconcile_request(report_id, threshold, requested_by, producer, at)
        await self._journal.ask(request)
        with suppress(TransientError, UnknownOutcome):
            await self._publisher.publish(request)
        return report_id, await self._wait(report_id)

    async def _wait(self, report_id: str) -> ReconciliationReport | None:
        """Return the report once there is one; None when it takes longer, or cannot be read."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._wait_seconds
        while True:
            with suppress(TransientError):
                report = await self._journal.find(report_id)
                if report is not None:
                    return report
            if clock() >= deadline:
                return None
            await asyncio.sleep(POLL_SECONDS)
