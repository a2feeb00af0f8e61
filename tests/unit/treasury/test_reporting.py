"""What a pass writes and tells: bounded, and whole."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from actors.treasury.chain_view import Block, WalletView
from actors.treasury.comparison import TokenFound, WalletFound
from actors.treasury.decide import Movement, TokenEvidence, TokenPolicy, decide
from actors.treasury.reporting import (
    MAX_UNREAD_BLOCKS,
    WalletResult,
    has_booked,
    make_comparison,
    make_report,
    signature,
)
from tradewind.contracts.envelope import MAX_EVENT_BYTES, first_event
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.wallets.identity import reconciliation_correlation
from tradewind.contracts.wallets.payloads import WalletReconciled
from tradewind.contracts.wallets.report import MAX_PARTS, MAX_RECORDS
from tradewind.trading.treasury.records import MAX_UNITS, Account, Balance, Token
from tradewind.trading.wallet.records import Wallet

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
REPORT_ID = "01M7WD7TG00000000000000009"
HASH = "0x" + "ab" * 32
WALLET = Wallet(1, ADDRESS, "", 0, None, None, AT)
ACCOUNT = Account(1, ADDRESS, f"1-{ADDRESS}", "name", 3, 0, 1, HASH, 0, 1)


def token(number: int) -> Token:
    return Token(f"0x{number:040x}", f"T{number}", 18)


def found(*tokens: TokenFound, unread: tuple[Balance, ...] = ()) -> WalletFound:
    view = WalletView(Block(9, HASH, AT), 4, {}, {}, {}, is_canonical=True)
    return WalletFound(ACCOUNT, view, tokens, unread, ())


def drifting(number: int, movements: int, actual: int = 0) -> TokenFound:
    """Return a token with so many deposits, of which nothing arrived but `actual`."""
    moved = [Movement(5, f"0x{one:064x}", "x" * 300) for one in range(movements)]
    evidence = TokenEvidence(is_native=False, expected=0, actual=actual, movements=moved)
    return TokenFound(token(number), 0, actual, decide(evidence, TokenPolicy()))


def test_a_report_has_room_for_any_number_of_parts_and_tokens() -> None:
    """Given more of everything than an event has room for, then sums are right and drifts first."""
    quiet = [TokenFound(token(number), MAX_UNITS, MAX_UNITS, ()) for number in range(500)]
    many = [drifting(1_000 + number, 40, actual=200) for number in range(20)]
    result = WalletResult(WALLET, found(*quiet, *many))
    report = make_report([result], [], REPORT_ID, Decimal("0.1"), AT)
    assert len(report.records) == MAX_RECORDS
    assert report.records_left_off == len(quiet) + len(many) - MAX_RECORDS
    drifts = report.records[: len(many)]
    assert all(one.cause is not None for one in drifts)
    assert {len(one.parts) for one in drifts} <= set(range(1, MAX_PARTS + 1))
    assert {sum(part.amount for part in one.parts) for one in drifts} == {200}
    assert (report.drifts_detected, report.drifts_within_threshold) == (20, 20)
    event = first_event(
        WalletReconciled(report=report),
        correlation_id=reconciliation_correlation(REPORT_ID),
        key=EventKey(),
        producer="treasury",
        at=AT,
    )
    assert len(event.to_bytes()) <= MAX_EVENT_BYTES


def test_every_part_is_booked_although_a_report_sums_them_up() -> None:
    comparison = make_comparison(found(drifting(1, 40, actual=200)))
    assert len(comparison.bookings) == 40
    assert len({booking_id for booking_id, *_ in comparison.bookings}) == 40
    assert [one.ledger for one in comparison.balances] == [200]
    assert comparison.is_agreed
    assert comparison.halt_reason == ""


def test_what_freezes_is_kept_open_and_told_as_the_reason() -> None:
    lost = TokenFound(
        token(1),
        10**18,
        0,
        decide(TokenEvidence(is_native=False, expected=10**18, actual=0), TokenPolicy()),
    )
    comparison = make_comparison(found(lost))
    assert not comparison.is_agreed
    assert comparison.bookings == []
    assert comparison.halt_reason.startswith("drift: UNEXPLAINED -1.000000000000000000 T1:")
    assert [one.ledger for one in comparison.balances] == [10**18]
    results = [WalletResult(WALLET, found(lost))]
    assert signature(results) == signature(results) != signature([WalletResult(WALLET, found())])
    assert not has_booked(results)


def test_a_token_that_cannot_be_read_is_no_agreement() -> None:
    """Given one, then what moved it is looked for once it can be read again."""
    unread = (Balance(token(1), 5, 7),)
    comparison = make_comparison(found(unread=unread))
    assert not comparison.is_agreed
    assert list(comparison.balances) == list(unread)
    late = found(unread=unread)
    block = late.view.block._replace(number=MAX_UNREAD_BLOCKS + 9)
    late = replace(late, view=late.view._replace(block=block))
    assert make_comparison(late).is_agreed
