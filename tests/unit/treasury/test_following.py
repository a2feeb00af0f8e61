"""What the ledger says of bookings has the ids they were booked under; what proves a history."""

from dataclasses import replace
from decimal import Decimal

from actors.treasury.proof import doubt_of
from actors.treasury.reporting import WalletResult, make_comparison, make_report
from tests.unit.treasury.test_reporting import AT, REPORT_ID, WALLET, drifting, found
from tradewind.contracts.wallets.causes import SkipReason
from tradewind.trading.treasury.following import bookings_of

BLOCK = 9
"""The block that `found` was compared in."""


def test_a_report_names_its_bookings_by_their_evidence() -> None:
    deposited = found(drifting(1, 3, actual=15))
    kept = make_comparison(deposited).bookings
    report = make_report([WalletResult(WALLET, deposited)], [], REPORT_ID, Decimal(0), AT)
    told = [(one.booking_id, one.amount) for one in bookings_of(report)]
    assert told == [(booking_id, part.amount) for booking_id, _, part in kept]
    assert len(told) == 3


def test_only_wallets_that_agree_at_a_late_block_with_nothing_pending_prove_anything() -> None:
    wallet = replace(WALLET, next_nonce=4)
    agreed = WalletResult(wallet, found())
    assert doubt_of([agreed], [4], BLOCK) == ""
    assert "before block" in doubt_of([agreed], [4], BLOCK + 1)
    assert "does not have" in doubt_of([agreed], [5], BLOCK)
    skipped = WalletResult(wallet, skipped=SkipReason.IN_FLIGHT)
    assert "IN_FLIGHT" in doubt_of([agreed, skipped], [4, 4], BLOCK)
