"""Requests to reconcile, and their reports; any number may ask. DatabaseUnavailable."""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Final

from tradewind.contracts.envelope import Event, first_event, parse_event
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.wallets.identity import reconciliation_correlation
from tradewind.contracts.wallets.payloads import WalletReconciled, WalletReconcileRequested
from tradewind.contracts.wallets.report import ReconciliationReport
from tradewind.postgres import Pool, outage_is_transient
from tradewind.queries import load_queries

_QUERIES: Final = load_queries("tradewind.trading.treasury")
_KEEP = _QUERIES["keep_request"]
_REPORT = _QUERIES["select_report"]
_REPORTS = _QUERIES["select_reports"]


def reconcile_request(
    report_id: str, threshold: Decimal, requested_by: str, producer: str, at: datetime
) -> Event[WalletReconcileRequested]:
    """Return the event that asks for a reconciliation; its report has the same id."""
    return first_event(
        WalletReconcileRequested(
            report_id=report_id, threshold=threshold, requested_by=requested_by
        ),
        correlation_id=reconciliation_correlation(report_id),
        key=EventKey(),
        producer=producer,
        at=at,
    )


class Reports:
    """The reports of reconciliations."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def ask(self, request: Event[WalletReconcileRequested]) -> None:
        """Keep a request; from then on it is answered. A repetition changes nothing."""
        payload, body = request.payload, request.to_bytes()
        with outage_is_transient():
            await self._pool.execute(
                _KEEP,
                *(payload.report_id, payload.requested_by, payload.threshold, body),
                *(request.event_id, request.correlation_id, request.subject),
                hashlib.sha256(body).digest(),
            )

    async def find(self, report_id: str) -> ReconciliationReport | None:
        """Return a report, or None while there is none."""
        with outage_is_transient():
            body = await self._pool.fetchval(_REPORT, report_id)
        return None if body is None else _report(body)

    async def page(self, before: str | None, limit: int) -> list[ReconciliationReport]:
        """Return reports, the newest first."""
        with outage_is_transient():
            rows = await self._pool.fetch(_REPORTS, before, limit)
        return [_report(row["event"]) for row in rows]


def _report(body: bytes) -> ReconciliationReport:
    payload = parse_event(bytes(body)).payload
    assert isinstance(payload, WalletReconciled)
    return payload.report
