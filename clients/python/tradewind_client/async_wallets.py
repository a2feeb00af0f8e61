"""Wallets and whether they hold what they should, for programs that await."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Protocol

from tradewind_client import wallet_calls
from tradewind_client.calls import Call
from tradewind_client.models import ReconciliationReport
from tradewind_client.rest_models import SlotDocument, WalletDocument, WalletTransactionDocument
from tradewind_client.wallet_calls import Reconciliation


class AsyncSender(Protocol):
    """Sends a call and returns its result."""

    async def send[T](self, call: Call[T]) -> T: ...


class AsyncWallets:
    """All wallets, for a key of all accounts. Reconciling needs the scope `admin`."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def list(self) -> tuple[WalletDocument, ...]:
        """Return every wallet with what it holds and should hold."""
        return (await self._client.send(wallet_calls.list_wallets())).items

    async def get(self, wallet_id: str) -> WalletDocument:
        """Return one of them."""
        return await self._client.send(wallet_calls.show_wallet(wallet_id))

    async def transactions(self, wallet_id: str) -> AsyncIterator[WalletTransactionDocument]:
        """Yield what it signed, the highest nonce first, page after page."""
        cursor: str | int | None = None
        while True:
            call = wallet_calls.list_wallet_transactions(wallet_id, cursor)
            page = await self._client.send(call)
            for one in page.items:
                yield one
            if (cursor := page.next_cursor) is None:
                return

    async def slots(self, wallet_id: str) -> AsyncIterator[SlotDocument]:
        """Yield its nonces, the highest first, each with every attempt at it."""
        cursor: str | int | None = None
        while True:
            page = await self._client.send(wallet_calls.list_slots(wallet_id, cursor))
            for one in page.items:
                yield one
            if (cursor := page.next_cursor) is None:
                return

    async def reconcile(self, threshold: Decimal | str | None = None) -> Reconciliation:
        """Have all wallets compared with the chain; return the report, or the id it will have."""
        return await self._client.send(wallet_calls.reconcile_wallets(threshold))

    async def reconciliations(self) -> AsyncIterator[ReconciliationReport]:
        """Yield reports, newest first, page after page."""
        cursor: str | int | None = None
        while True:
            page = await self._client.send(wallet_calls.list_reconciliations(cursor))
            for one in page.items:
                yield one
            if (cursor := page.next_cursor) is None:
                return
