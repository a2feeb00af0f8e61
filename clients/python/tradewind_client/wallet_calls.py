"""The calls about wallets."""

import json
from decimal import Decimal
from urllib.parse import quote

from tradewind_client.calls import Call, json_body, model_reader
from tradewind_client.models import ReconciliationReport
from tradewind_client.resources import Page
from tradewind_client.rest_models import (
    ReconciliationPending,
    SlotDocument,
    WalletDocument,
    WalletTransactionDocument,
)

type Reconciliation = ReconciliationReport | ReconciliationPending
"""A report, or the id of one that takes longer than an answer may."""


def list_wallets() -> Call[Page[WalletDocument]]:
    return Call("GET", "/wallets", model_reader(Page[WalletDocument]))


def show_wallet(wallet_id: str) -> Call[WalletDocument]:
    return Call("GET", f"/wallets/{quote(wallet_id, safe='')}", model_reader(WalletDocument))


def list_wallet_transactions(
    wallet_id: str, cursor: str | int | None
) -> Call[Page[WalletTransactionDocument]]:
    path = f"/wallets/{quote(wallet_id, safe='')}/transactions"
    return Call("GET", path, model_reader(Page[WalletTransactionDocument]), {"cursor": cursor})


def list_slots(wallet_id: str, cursor: str | int | None) -> Call[Page[SlotDocument]]:
    path = f"/wallets/{quote(wallet_id, safe='')}/slots"
    return Call("GET", path, model_reader(Page[SlotDocument]), {"cursor": cursor})


def reconcile_wallets(threshold: Decimal | str | None) -> Call[Reconciliation]:
    body = json_body({} if threshold is None else {"threshold": threshold})
    return Call("POST", "/wallets/reconcile", _read, body=body, is_repeatable=True)


def list_reconciliations(cursor: str | int | None) -> Call[Page[ReconciliationReport]]:
    read = model_reader(Page[ReconciliationReport])
    return Call("GET", "/wallets/reconcile/history", read, {"cursor": cursor})


def _read(body: bytes) -> Reconciliation:
    is_pending = json.loads(body).get("status") == "pending"
    model = ReconciliationPending if is_pending else ReconciliationReport
    return model.model_validate_json(body)
