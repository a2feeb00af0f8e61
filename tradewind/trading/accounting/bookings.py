"""What recorded events mean to the accounts: fills, and entries of both sides. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple

from tradewind.contracts.amounts import to_base_units
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import (
    ExecutionFailed,
    SettledApproval,
    SettlementPayload,
    StepFilled,
    TransactionCost,
)
from tradewind.contracts.execution.pool_fees import pool_fee
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.intents.payloads import IntentCancelled
from tradewind.contracts.portfolio.payloads import PortfolioFunded
from tradewind.contracts.subjects import NO_KEY
from tradewind.trading.accounting.keys import native_token
from tradewind.trading.accounting.place import UNKNOWN, Place

UNALLOCATED: Final = "_unallocated"
"""In the place of a portfolio: what wallets have for none. No portfolio's id begins like that."""

BOOKED_TOPICS: Final = (
    StepFilled.topic,
    ExecutionFailed.topic,
    IntentCancelled.topic,
    PortfolioFunded.topic,
)


class EntryKind(StrEnum):
    """Why an amount moved."""

    FILL = "FILL"
    GAS = "GAS"
    FUNDING = "FUNDING"
    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    TRANSFER = "TRANSFER"
    REBASE = "REBASE"
    ADJUSTMENT = "ADJUSTMENT"


class CounterAccount(StrEnum):
    """The other side of an entry. An entry names both, so every source balances by itself."""

    UNALLOCATED = "unallocated"
    """What wallets have for no portfolio."""
    PORTFOLIOS = "portfolios"
    """The other side of that."""
    OUTSIDE = "outside"
    """Whoever sent tokens to a wallet or took some, and tokens that change balances themselves."""
    CORRECTION = "correction"
    """What an operator answers for."""

    MARKET = "market"
    NETWORK = "network"
    CAPITAL = "capital"


class Rates(NamedTuple):
    """US dollars for whole tokens as an intent's risk event has them, and which event that is."""

    base_usd: Decimal | None = None
    quote_usd: Decimal | None = None
    event_id: str | None = None


NO_RATES: Final = Rates()


class FillKey(NamedTuple):
    """What a fill is known by, however often and wherever it is told."""

    plan_id: str
    step_index: int
    fill_index: int


class Fill(NamedTuple):
    """A fill as it is kept."""

    key: FillKey
    portfolio_id: str
    strategy_id: str
    event_id: str
    correlation_id: str
    sequence: int
    global_seq: int
    sha256: str
    """Of the payload."""
    place: str
    time: datetime
    block_number: int
    transaction_index: int | None
    log_index: int | None
    tx_hash: str
    base: Asset
    quote: Asset
    quantity: int
    """Base bought; negative for a sale."""
    cost: int
    """Quote paid; negative for a sale."""
    pool_fee: int
    """What the pools kept of the token that was paid, which is part of the amount paid."""
    rates: Rates = NO_RATES

    @property
    def identity(self) -> str:
        """What no other fill has, not even one with the same key."""
        return f"{self.event_id} {self.sha256}"

    @property
    def precedence(self) -> tuple[int, str, str]:
        """Of two fills with one key the lower stands: the one that its history has first.

        It depends on nothing but the two, so that all orders of delivery agree.
        """
        return self.sequence, self.event_id, self.sha256


class Entry(NamedTuple):
    """An amount that a portfolio got (positive) or gave (negative) from or to a counter account."""

    event_id: str
    number: int
    portfolio_id: str
    kind: EntryKind
    counter_account: CounterAccount
    token: Asset
    amount: int
    place: str
    time: datetime
    global_seq: int
    tx_hash: str | None = None
    """The transaction that gas was paid for. It is charged once, whoever tells of it."""
    price_usd: Decimal | None = None


class Booking(NamedTuple):
    """All that one event means to the accounts."""

    correlation_id: str
    instrument: str
    fill: Fill | None
    entries: tuple[Entry, ...]

    @property
    def portfolio_id(self) -> str:
        return self.entries[0].portfolio_id


def booking_of(event: AnyEvent, global_seq: int) -> Booking | None:
    """Return what an event means to the accounts; None when it means nothing to them."""
    payload = event.payload
    if event.key.portfolio == NO_KEY:
        return None
    match payload:
        case StepFilled():
            fill = _fill(event, payload, global_seq)
            gas = _gas(event, global_seq, payload.tx_hash)
            return _booking(event, fill, (*fill_entries(fill), *gas))
        case ExecutionFailed() | IntentCancelled():
            return _booking(event, None, tuple(_gas(event, global_seq, payload.tx_hash)))
        case PortfolioFunded():
            return _booking(event, None, tuple(_funding(event, payload, global_seq)))
    return None


def _booking(event: AnyEvent, fill: Fill | None, entries: tuple[Entry, ...]) -> Booking | None:
    if not entries:
        return None
    return Booking(event.correlation_id, event.key.instrument, fill, entries)


def _fill(event: AnyEvent, payload: StepFilled, global_seq: int) -> Fill:
    step = payload.step
    return Fill(
        key=key_of(payload),
        portfolio_id=event.key.portfolio,
        strategy_id=payload.strategy_id or event.key.portfolio,
        event_id=event.event_id,
        correlation_id=event.correlation_id,
        sequence=event.sequence,
        global_seq=global_seq,
        sha256=sha256(payload.model_dump_json().encode()).hexdigest(),
        place=fill_place(event).key,
        time=payload.block_time or event.timestamp,
        block_number=payload.block_number,
        transaction_index=payload.transaction_index,
        log_index=payload.log_index,
        tx_hash=payload.tx_hash,
        base=step.base,
        quote=step.quote,
        **exchanged(payload)._asdict(),
        pool_fee=payload.pool_fee
        if payload.pool_fee is not None
        else pool_fee(step.route, payload.amount_in),
    )


class Exchanged(NamedTuple):
    """Base bought for quote, in base units; both are negative for a sale."""

    quantity: int
    cost: int


def exchanged(filled: StepFilled) -> Exchanged:
    """Return what a fill exchanged."""
    if filled.step.token_in == filled.step.quote.address:
        return Exchanged(filled.amount_out, filled.amount_in)
    return Exchanged(-filled.amount_in, -filled.amount_out)


def key_of(filled: StepFilled) -> FillKey:
    """Return what a fill is known by."""
    return FillKey(filled.plan_id, filled.step_index, filled.fill_index)


def fill_place(event: AnyEvent) -> Place:
    """Return where a fill is in the order of the chain."""
    payload: StepFilled = event.payload
    return Place(
        payload.block_time or event.timestamp,
        payload.step.base.chain,
        payload.block_number,
        _or_unknown(payload.transaction_index),
        _or_unknown(payload.log_index),
        payload.fill_index,
        event.event_id,
    )


def _or_unknown(number: int | None) -> int:
    return UNKNOWN if number is None else number


def fill_entries(fill: Fill) -> Iterator[Entry]:
    """Return the two entries of a fill: base against the market, and quote against it."""
    for number, (token, amount) in enumerate(
        ((fill.base, fill.quantity), (fill.quote, -fill.cost))
    ):
        yield Entry(
            fill.event_id,
            number,
            fill.portfolio_id,
            EntryKind.FILL,
            CounterAccount.MARKET,
            token,
            amount,
            fill.place,
            fill.time,
            fill.global_seq,
        )


FIRST_GAS_NUMBER: Final = 2
"""After both sides of a fill."""


def _gas(event: AnyEvent, global_seq: int, tx_hash: str | None) -> Iterator[Entry]:
    """Return an entry for each transaction of which the event tells what it cost."""
    payload: SettlementPayload = event.payload
    chain = _chain_of(event)
    for number, (cost, of, block_number) in enumerate(_costs(payload, tx_hash), FIRST_GAS_NUMBER):
        fee_wei = fee_of(cost)
        if fee_wei is None:
            continue
        time = cost.block_time or event.timestamp
        place = Place(
            time,
            chain,
            block_number,
            _or_unknown(cost.transaction_index),
            event_id=event.event_id,
            number=number,
        )
        yield Entry(
            event.event_id,
            number,
            event.key.portfolio,
            EntryKind.GAS,
            CounterAccount.NETWORK,
            native_token(chain),
            -fee_wei,
            place.key,
            time,
            global_seq,
            of,
        )


def _costs(
    payload: SettlementPayload, tx_hash: str | None
) -> Iterator[tuple[TransactionCost, str, int]]:
    block_number: int | None = getattr(payload, "block_number", None)
    if tx_hash is not None:
        yield payload, tx_hash, UNKNOWN if block_number is None else block_number
    approvals: Iterable[SettledApproval] = payload.approvals or ()
    for approval in approvals:
        yield approval, approval.tx_hash, approval.block_number


def fee_of(cost: TransactionCost) -> int | None:
    """Return what a transaction cost in wei; None where that is unknown."""
    if cost.fee_wei is not None:
        return cost.fee_wei
    if cost.gas_used is None or cost.effective_gas_price_wei is None:
        return None
    return cost.gas_used * cost.effective_gas_price_wei


def _chain_of(event: AnyEvent) -> str:
    """Return the chain of an intent's event, with which its instrument begins."""
    return event.key.instrument.partition("-")[0]


def _funding(event: AnyEvent, funded: PortfolioFunded, global_seq: int) -> Iterator[Entry]:
    """Return the entry of the portfolio, and that of what wallets have for none where it moved."""
    amount = to_base_units(funded.amount, funded.token.decimals)
    moved = amount if funded.direction == "in" else -amount
    kind, counter_account = _FUNDINGS[funded.kind]
    sides = [(event.key.portfolio, counter_account, moved)]
    if funded.kind == "allocation":
        sides.append((UNALLOCATED, CounterAccount.PORTFOLIOS, -moved))
    for number, (portfolio_id, counter, units) in enumerate(sides):
        place = Place(event.timestamp, funded.token.chain, event_id=event.event_id, number=number)
        yield Entry(
            event.event_id,
            number,
            portfolio_id,
            kind,
            counter,
            funded.token,
            units,
            place.key,
            event.timestamp,
            global_seq,
            price_usd=funded.price_usd,
        )


_FUNDINGS: Final = {
    None: (EntryKind.FUNDING, CounterAccount.CAPITAL),
    "allocation": (EntryKind.TRANSFER, CounterAccount.UNALLOCATED),
    "adjustment": (EntryKind.ADJUSTMENT, CounterAccount.CORRECTION),
}
