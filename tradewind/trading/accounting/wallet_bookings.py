"""What the treasury explains and operators answer for, as entries of nobody's portfolio. Pure.

Several portfolios may share one wallet, so what comes to it or leaves it by no trade belongs to
none of them until somebody allocates it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final, NamedTuple

import structlog

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.subjects import NO_KEY
from tradewind.contracts.wallets.causes import Consequence, DriftCause
from tradewind.contracts.wallets.payloads import WalletReconciled, WalletResumed
from tradewind.contracts.wallets.report import ReconciliationReport
from tradewind.trading.accounting.bookings import (
    UNALLOCATED,
    Booking,
    CounterAccount,
    Entry,
    EntryKind,
)
from tradewind.trading.accounting.place import Place

WALLET_TOPICS: Final = frozenset((WalletReconciled.topic, WalletResumed.topic))

type WalletTokens = Mapping[str | None, Asset]
"""The registered tokens by address; the native currency has none."""

NO_TOKENS: Final[WalletTokens] = MappingProxyType({})

_OTHERWISE: Final = (EntryKind.ADJUSTMENT, CounterAccount.OUTSIDE)
_KINDS: Final = {
    DriftCause.DEPOSIT: (EntryKind.DEPOSIT, CounterAccount.OUTSIDE),
    DriftCause.NATIVE_IN: (EntryKind.DEPOSIT, CounterAccount.OUTSIDE),
    DriftCause.REBASE: (EntryKind.REBASE, CounterAccount.OUTSIDE),
    DriftCause.FEE_ON_TRANSFER: (EntryKind.ADJUSTMENT, CounterAccount.MARKET),
    DriftCause.GAS: (EntryKind.ADJUSTMENT, CounterAccount.NETWORK),
    DriftCause.FEE: (EntryKind.ADJUSTMENT, CounterAccount.NETWORK),
}
_ID_CHARACTERS: Final = 26

logger = structlog.get_logger("portfolio")


class _Moved(NamedTuple):
    """An amount that came to a wallet, or left it where it is negative."""

    evidence: tuple[object, ...]
    """What no other amount has, however often it is told."""
    token: str | None
    amount: int
    kind: EntryKind
    counter_account: CounterAccount
    tx_hash: str | None


def wallet_booking_of(event: AnyEvent, global_seq: int, tokens: WalletTokens) -> Booking | None:
    """Return what an event about wallets means to the accounts; None when it means nothing."""
    match event.payload:
        case WalletReconciled() as told:
            moved = _explained(told.report)
        case WalletResumed() as resumed:
            moved = _answered_for(event.event_id, resumed)
        case _:
            return None
    entries = tuple(_entries(event, moved, global_seq, tokens))
    return Booking(event.correlation_id, NO_KEY, None, entries) if entries else None


def _explained(report: ReconciliationReport) -> Iterator[_Moved]:
    """Return what a report says is booked. Everybody who asked has a report of the same look."""
    blocks = {one.wallet_id: one.block_number for one in report.wallets}
    for record in report.records:
        told: Counter[tuple[object, ...]] = Counter()
        for part in record.parts:
            if part.consequence is not Consequence.BOOKED:
                continue
            source = part.tx_hash or blocks.get(record.wallet_id)
            of = (record.wallet_id, record.token, part.cause.value, source)
            told[of] += 1
            kind, counter_account = _KINDS.get(part.cause, _OTHERWISE)
            if kind is EntryKind.DEPOSIT and part.amount < 0:
                kind = EntryKind.WITHDRAWAL
            evidence = (*of, told[of])
            yield _Moved(evidence, record.token, part.amount, kind, counter_account, part.tx_hash)


def _answered_for(event_id: str, resumed: WalletResumed) -> Iterator[_Moved]:
    """Return what an operator answers for; where a transaction is known, somebody else moved it."""
    for number, one in enumerate(resumed.adjustments):
        kind, counter_account = EntryKind.ADJUSTMENT, CounterAccount.CORRECTION
        if one.tx_hash is not None:
            kind = EntryKind.DEPOSIT if one.amount > 0 else EntryKind.WITHDRAWAL
            counter_account = CounterAccount.OUTSIDE
        evidence = (event_id, number)
        yield _Moved(evidence, one.token, one.amount, kind, counter_account, one.tx_hash)


def _entries(
    event: AnyEvent, moved: Iterator[_Moved], global_seq: int, tokens: WalletTokens
) -> Iterator[Entry]:
    for one in moved:
        token = tokens.get(one.token)
        if token is None:
            logger.error(
                "a token of a wallet is not registered any more, and not booked",
                token=one.token,
                eventId=event.event_id,
            )
            continue
        name = sha256(repr(one.evidence).encode()).hexdigest()[:_ID_CHARACTERS]
        place = Place(event.timestamp, token.chain, event_id=name)
        yield Entry(
            name,
            0,
            UNALLOCATED,
            one.kind,
            one.counter_account,
            token,
            one.amount,
            place.key,
            event.timestamp,
            global_seq,
            one.tx_hash,
        )
