"""Does passes: compares every wallet, then writes books and report in one transaction."""

import os
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import structlog

from actors.treasury import metrics
from actors.treasury.comparison import Comparer, Opening, Skipped
from actors.treasury.reporting import (
    WalletResult,
    has_booked,
    make_comparison,
    make_report,
    overcommitted,
    signature,
)
from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.envelope import AnyEvent, first_event, next_events, parse_event
from tradewind.contracts.ids import make_ulid
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.wallets.causes import Consequence
from tradewind.contracts.wallets.identity import (
    reconciliation_correlation,
    registration_correlation,
)
from tradewind.contracts.wallets.payloads import (
    OpeningBalance,
    WalletReconciled,
    WalletReconcileRequested,
    WalletRegistered,
)
from tradewind.contracts.wallets.report import DEFAULT_THRESHOLD
from tradewind.runtime import clock
from tradewind.runtime.loops import beat
from tradewind.trading.treasury.books import Books, FinishedReport
from tradewind.trading.treasury.records import PendingRequest
from tradewind.trading.wallet.records import Wallet

TOLD_AGAIN_SECONDS: Final = 3_600.0
"""A pass that found the same as the one before is told so often, and kept no more often."""
ENTROPY_BYTES: Final = 10
MILLISECONDS: Final = 1_000

logger = structlog.get_logger("treasury")


def new_report_id(at: datetime) -> str:
    """Return the id of a report that nobody asked for."""
    return make_ulid(int(at.timestamp() * MILLISECONDS), os.urandom(ENTROPY_BYTES))


class Reconciliation:
    """Passes over the wallets of one chain."""

    def __init__(
        self,
        books: Books,
        comparer: Comparer | None,
        chain: str = "",
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Without a comparer there is no chain: requests are answered by a report of no wallet."""
        self._books = books
        self._comparer = comparer
        self._chain = chain
        self._now = now
        self._left: tuple[object, ...] | None = None
        self._told_at = float("-inf")

    async def run(self, wallets: Sequence[Wallet]) -> list[WalletResult]:
        """Compare these wallets; BooksMoved when another process did at the same time."""
        requests = await self._books.requests()
        compared = [await self._result(wallet) for wallet in wallets]
        results = [one for one in compared if one is not None]
        found = [one.found for one in results if one.found is not None]
        pass_id = new_report_id(self._now())
        capital = await self._books.capital(self._chain)
        reports = self._reports(requests, results, capital, pass_id)
        skipped = {
            (one.wallet.chain_id, one.wallet.address): one.skipped
            for one in results
            if one.skipped is not None
        }
        comparisons = [make_comparison(one) for one in found]
        await self._books.commit(comparisons, skipped, reports)
        self._left = signature(results)
        if reports:
            self._told_at = time.monotonic()
        for result in results:
            _measure(result)
        _measure_capital(results, capital)
        return results

    async def _result(self, wallet: Wallet) -> WalletResult | None:
        """Compare a wallet, after its books have begun where they had not; None if it has none."""
        assert self._comparer is not None
        beat()
        try:
            found = await self._comparer.compare(wallet)
            if isinstance(found, Opening):
                await self._open(found)
                found = await self._comparer.compare(wallet)
        except Skipped as skipped:
            logger.info("not compared", wallet=wallet.address, reason=str(skipped))
            return WalletResult(wallet, skipped=skipped.reason)
        return None if isinstance(found, Opening) else WalletResult(wallet, found)

    async def _open(self, opening: Opening) -> None:
        account = opening.account
        event = _registered(opening)
        if await self._books.open_account(account, event.to_bytes(), opening.balances):
            logger.info(
                "books begun", wallet=account.address, block_number=opening.view.block.number
            )

    def _reports(
        self,
        requests: Sequence[PendingRequest],
        results: Sequence[WalletResult],
        capital: Sequence[tuple[str, str, int]],
        pass_id: str,
    ) -> list[FinishedReport]:
        """Return a report for everybody who asked, else one where there is something to tell."""
        if not requests and not (results and self._is_worth_telling(results)):
            return []
        if requests:
            return [self._answer(request, results, capital) for request in requests]
        at = self._now()
        report = make_report(results, capital, pass_id, DEFAULT_THRESHOLD, at)
        event = first_event(
            WalletReconciled(report=report),
            correlation_id=reconciliation_correlation(pass_id),
            key=EventKey(),
            producer=Role.TREASURY,
            at=at,
        )
        return [_finished(pass_id, report.threshold, event, was_requested=False)]

    def _is_worth_telling(self, results: Sequence[WalletResult]) -> bool:
        """Return whether something is booked, another thing is open, or it is time to say so."""
        is_due = time.monotonic() - self._told_at >= TOLD_AGAIN_SECONDS
        is_compared = any(one.found is not None for one in results)
        changed = is_compared and signature(results) != self._left
        return has_booked(results) or changed or (is_due and is_compared)

    def _answer(
        self,
        request: PendingRequest,
        results: Sequence[WalletResult],
        capital: Sequence[tuple[str, str, int]],
    ) -> FinishedReport:
        asked, at = parse_event(request.request), self._now()
        assert isinstance(asked.payload, WalletReconcileRequested)
        threshold = asked.payload.threshold
        report = make_report(results, capital, request.report_id, threshold, at)
        (event,) = next_events(
            asked, [WalletReconciled(report=report)], producer=Role.TREASURY, at=at
        )
        return _finished(request.report_id, threshold, event, was_requested=True)


def _finished(
    report_id: str, threshold: Decimal, event: AnyEvent, *, was_requested: bool
) -> FinishedReport:
    return FinishedReport(report_id, threshold, event.event_id, event.to_bytes(), was_requested)


def _registered(opening: Opening) -> AnyEvent:
    account, view = opening.account, opening.view
    payload = WalletRegistered(
        wallet_id=account.wallet_id,
        name=account.name,
        chain_id=account.chain_id,
        address=account.address,
        block_number=view.block.number,
        block_hash=view.block.hash,
        block_time=view.block.time,
        nonce=view.nonce,
        balances=tuple(
            OpeningBalance(
                currency=one.token.currency,
                token=one.token.address or None,
                decimals=one.token.decimals,
                amount=one.chain,
            )
            for one in opening.balances
            if one.chain
        ),
    )
    return first_event(
        payload,
        correlation_id=registration_correlation(account.wallet_id),
        key=EventKey(),
        producer=Role.TREASURY,
        at=view.block.time,
    )


def _measure_capital(
    results: Sequence[WalletResult], capital: Sequence[tuple[str, str, int]]
) -> None:
    """Note by how much portfolios have more than wallets; where one was skipped, leave it."""
    if any(one.found is None for one in results):
        return
    short = {one.currency: one.capital - one.available for one in overcommitted(results, capital)}
    for _, currency, _ in capital:
        metrics.OVERCOMMITTED.labels(currency).set(short.get(currency, 0))


def _measure(result: WalletResult) -> None:
    """Count a comparison, and log what it made of what it found."""
    if result.found is None:
        metrics.RECONCILIATIONS.labels(str(result.skipped)).inc()
        return
    metrics.RECONCILIATIONS.labels("drift" if result.parts else "agreed").inc()
    for token, part in result.parts:
        tell = logger.critical if part.consequence is Consequence.FROZEN else logger.warning
        tell(
            "a wallet holds something else than its books say",
            wallet=result.wallet.address,
            currency=token.token.currency,
            amount=f"{from_base_units(part.amount, token.token.decimals):f}",
            cause=part.cause.value,
            consequence=part.consequence.value,
            evidence=part.evidence,
            tx_hash=part.tx_hash,
        )
