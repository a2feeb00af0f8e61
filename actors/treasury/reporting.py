"""Makes the changes of the books, and the report that tells them, of what was found. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from actors.treasury.comparison import TokenFound, WalletFound
from actors.treasury.decide import GRAVITY, booked, is_frozen
from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.wallets.causes import Consequence, SkipReason
from tradewind.contracts.wallets.identity import wallet_id_of
from tradewind.contracts.wallets.report import (
    MAX_EVIDENCE_CHARACTERS,
    MAX_PARTS,
    MAX_RECORDS,
    MAX_WALLETS,
    CapitalRecord,
    DriftPart,
    DriftRecord,
    ReconciliationReport,
    WalletCheck,
)
from tradewind.trading.treasury.books import Comparison
from tradewind.trading.treasury.records import DRIFT, Balance, booking_id
from tradewind.trading.wallet.records import Wallet

MAX_REASON_PARTS: Final = 3
MAX_UNREAD_BLOCKS: Final = 50_000


@dataclass(frozen=True, slots=True)
class WalletResult:
    """How a wallet fared: what was found of it, or why it was skipped."""

    wallet: Wallet
    found: WalletFound | None = None
    skipped: SkipReason | None = None

    @property
    def parts(self) -> list[tuple[TokenFound, DriftPart]]:
        """The parts of all its differences."""
        tokens = () if self.found is None else self.found.tokens
        return [(token, part) for token in tokens for part in token.parts]

    @property
    def is_frozen_by_drift(self) -> bool:
        return is_frozen(part for _, part in self.parts)


def make_comparison(found: WalletFound) -> Comparison:
    """Return what becomes of the books."""
    parts = [(token, part) for token in found.tokens for part in token.parts]
    wallet_id, block_hash = found.account.wallet_id, found.view.block.hash
    bookings = [
        (booking_id(wallet_id, token.token.address, part, block_hash), token.token, part)
        for token, part in parts
        if part.consequence is Consequence.BOOKED
    ]
    drifts = [
        (token.token, part) for token, part in parts if part.consequence is Consequence.FROZEN
    ]
    balances = [
        Balance(one.token, one.expected + booked(one.parts), one.actual) for one in found.tokens
    ]
    return Comparison(
        account=found.account,
        nonce=found.view.nonce,
        block_number=found.view.block.number,
        block_hash=found.view.block.hash,
        balances=[*balances, *found.unread],
        bookings=bookings,
        drifts=drifts,
        is_agreed=not drifts and (not found.unread or _is_unread_for_long(found)),
        halt_reason=_halt_reason(parts),
    )


def _is_unread_for_long(found: WalletFound) -> bool:
    """Return whether to wait no longer for a token: logs would be read from ever further back.

    If it can be read one day, what moved it before has no evidence.
    """
    blocks = found.view.block.number - found.account.agreed_block_number
    return blocks > MAX_UNREAD_BLOCKS


def make_report(
    results: Sequence[WalletResult],
    capital: Sequence[tuple[str, str, int]],
    report_id: str,
    threshold: Decimal,
    at: datetime,
) -> ReconciliationReport:
    """Return the report of a pass over all wallets; `capital` is what portfolios count on."""
    records = [
        _record(result.found, token, threshold)
        for result in results
        if result.found is not None
        for token in result.found.tokens
        if token.expected or token.actual or token.parts
    ]
    drifting = [one for one in records if one.drift]
    within = sum(one.within_threshold for one in drifting)
    ordered = sorted(records, key=lambda one: (one.cause is None, one.wallet_id, one.currency))
    blocks = [one.found.view.block.number for one in results if one.found is not None]
    return ReconciliationReport(
        id=report_id,
        timestamp=at,
        block_number=max(blocks, default=None),
        threshold=threshold,
        total_wallets=len(results),
        drifts_detected=len(drifting),
        drifts_within_threshold=within,
        drifts_exceeding_threshold=len(drifting) - within,
        wallets=tuple(map(_check, results[:MAX_WALLETS])),
        records=tuple(ordered[:MAX_RECORDS]),
        records_left_off=max(0, len(ordered) - MAX_RECORDS),
        overcommitted=overcommitted(results, capital),
    )


def overcommitted(
    results: Sequence[WalletResult], capital: Sequence[tuple[str, str, int]]
) -> tuple[CapitalRecord, ...]:
    """Return the tokens of which portfolios count on more than there is.

    It needs every wallet: one that was skipped may hold what the others lack.
    """
    if any(one.found is None for one in results):
        return ()
    held: Counter[str] = Counter()
    for result in results:
        for token in result.found.tokens if result.found is not None else ():
            held[token.token.address] += token.actual
    return tuple(
        CapitalRecord(currency=symbol, token=token, capital=amount, available=held[token])
        for token, symbol, amount in capital
        if token in held and amount > held[token]
    )[:MAX_PARTS]


def signature(results: Iterable[WalletResult]) -> tuple[object, ...]:
    """Return what a pass left as it was: another pass that finds the same has nothing to tell."""
    return tuple(
        sorted(
            (result.wallet.address, token.token.address, part.cause, part.amount)
            for result in results
            for token, part in result.parts
            if part.consequence is not Consequence.BOOKED
        )
    )


def has_booked(results: Iterable[WalletResult]) -> bool:
    """Return whether anything was explained."""
    return any(
        part.consequence is Consequence.BOOKED for result in results for _, part in result.parts
    )


def _halt_reason(parts: Sequence[tuple[TokenFound, DriftPart]]) -> str:
    """Return why the wallet signs nothing more; empty where nothing freezes it."""
    frozen = [(token, part) for token, part in parts if part.consequence is Consequence.FROZEN]
    if not frozen:
        return ""
    told = [
        f"{part.cause} {whole(part.amount, token):f} {token.token.currency}"
        for token, part in frozen[:MAX_REASON_PARTS]
    ]
    more = f" and {len(frozen) - len(told)} more" if len(frozen) > len(told) else ""
    return f"{DRIFT}{', '.join(told)}{more}: `tradewind wallet resume --note` answers for it"


def whole(amount: int, token: TokenFound) -> Decimal:
    """Return base units of a token as whole tokens."""
    return from_base_units(amount, token.token.decimals)


def _record(found: WalletFound, token: TokenFound, threshold: Decimal) -> DriftRecord:
    drift = whole(token.actual - token.expected, token)
    gravest = token.parts[0] if token.parts else None
    return DriftRecord(
        wallet_id=found.account.wallet_id,
        wallet_name=found.account.name,
        currency=token.token.currency,
        token=token.token.address or None,
        decimals=token.token.decimals,
        ledger_balance=whole(token.expected, token),
        chain_balance=whole(token.actual, token),
        drift=drift,
        within_threshold=abs(drift) <= threshold,
        cause=None if gravest is None else gravest.cause,
        evidence="" if gravest is None else gravest.evidence,
        parts=_bounded(token.parts),
    )


def _bounded(parts: Sequence[DriftPart]) -> tuple[DriftPart, ...]:
    """Return so many parts as a report has room for; the rest is summed up by its cause."""
    if len(parts) <= MAX_PARTS:
        return tuple(parts)
    room = MAX_PARTS - len(GRAVITY)
    groups: dict[tuple[object, object], list[DriftPart]] = {}
    for part in parts[room:]:
        groups.setdefault((part.cause, part.consequence), []).append(part)
    summed = [
        DriftPart(
            cause=group[0].cause,
            amount=sum(one.amount for one in group),
            consequence=group[0].consequence,
            evidence=f"{len(group)} of this cause, such as: {group[0].evidence}"[
                :MAX_EVIDENCE_CHARACTERS
            ],
        )
        for group in groups.values()
    ]
    return (*parts[:room], *summed[: MAX_PARTS - room])


def _check(result: WalletResult) -> WalletCheck:
    wallet, found = result.wallet, result.found
    block = None if found is None else found.view.block
    wallet_id = wallet_id_of(wallet.chain_id, wallet.address)
    problems = {} if found is None else found.view.problems
    return WalletCheck(
        wallet_id=wallet_id,
        name=f"{wallet.address[:6]}…{wallet.address[-4:]}",
        address=wallet.address,
        block_number=None if block is None else block.number,
        block_hash=None if block is None else block.hash,
        skipped=result.skipped,
        frozen=wallet.halted_reason is not None or result.is_frozen_by_drift,
        problems=tuple(f"{token}: {told}" for token, told in problems.items())[:MAX_PARTS],
        allowances=() if found is None else tuple(found.allowances)[:MAX_PARTS],
    )
