"""Wallets and whether they hold what they should, for programs that wait."""

from collections.abc import Iterator
from decimal import Decimal

from tradewind_client import wallet_calls
from tradewind_client.models import ReconciliationReport
from tradewind_client.pages import Sender, each
from tradewind_client.rest_models import SlotDocument, WalletDocument, WalletTransactionDocument
from tradewind_client.wallet_calls import Reconciliation


class Wallets:
    """All wallets, for a key of all accounts. Reconciling needs the scope `admin`."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self) -> tuple[WalletDocument, ...]:
        """Return every wallet with what it holds and should hold."""
        return self._client.send(wallet_calls.list_wallets()).items

    def get(self, wallet_id: str) -> WalletDocument:
        """Return one of them."""
        return self._client.send(wallet_calls.show_wallet(wallet_id))

    def transactions(self, wallet_id: str) -> Iterator[WalletTransactionDocument]:
        """Yield what it signed, the highest nonce first, page after page."""
        return each(
            self._client, lambda cursor: wallet_calls.list_wallet_transactions(wallet_id, cursor)
        )

    def slots(self, wallet_id: str) -> Iterator[SlotDocument]:
        """Yield its nonces, the highest first, each with every attempt at it."""
        return each(self._client, lambda cursor: wallet_calls.list_slots(wallet_id, cursor))

    def reconcile(self, threshold: Decimal | str | None = None) -> Reconciliation:
        """Have all wallets compared with the chain; return the report, or the id it will have."""
        return self._client.send(wallet_calls.reconcile_wallets(threshold))

    def reconciliations(self) -> Iterator[ReconciliationReport]:
        """Yield reports, newest first, page after page."""
        return each(self._client, lambda cursor: wallet_calls.list_reconciliations(cursor))
