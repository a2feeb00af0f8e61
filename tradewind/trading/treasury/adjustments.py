"""Lets a wallet go on that a drift froze: an operator answers for the difference."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from tradewind.contracts.envelope import AnyEvent, first_event
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.wallets.identity import reconciliation_correlation, wallet_id_of
from tradewind.contracts.wallets.payloads import Adjustment, WalletResumed
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.queries import load_queries
from tradewind.trading.treasury.records import OpenDrift
from tradewind.trading.wallet import queries as journal
from tradewind.trading.wallet.records import Wallet

_QUERIES: Final = load_queries("tradewind.trading.treasury")
_DRIFTS = _QUERIES["select_drifts"]
_INSERT_BOOKINGS = _QUERIES["insert_bookings"]
_ADJUST = _QUERIES["adjust_balance"]
_CLEAR = _QUERIES["clear_drifts"]
_TOUCH = _QUERIES["touch_account"]
_KEEP_EVENT = _QUERIES["keep_event"]

ADJUSTMENT: Final = "ADJUSTMENT"
PRODUCER: Final = "operator"


def adjustment_booking(adjustment_id: str, number: int) -> str:
    """Return the id of the booking of one of the differences an operator answered for."""
    return f"{adjustment_id}-{number}"


async def open_drifts(pool: Pool, wallet: Wallet) -> list[OpenDrift]:
    """Return what froze a wallet and nobody answers for; DatabaseUnavailable."""
    with outage_is_transient():
        return await _read(pool, wallet)


async def resume_with_note(
    pool: Pool,
    wallet: Wallet,
    *,
    next_nonce: int,
    note: str,
    resumed_by: str,
    adjustment_id: str,
    at: datetime,
) -> list[OpenDrift]:
    """Resume a wallet and book what froze it; return that. DatabaseUnavailable.

    Booking, resumption and event are one transaction: the wallet never signs on books that nobody
    answers for. What was lost since the last reconciliation is found by the next one.
    """
    key = (wallet.chain_id, wallet.address)
    with outage_is_transient():
        async with pool.acquire() as connection, connection.transaction():
            await connection.fetchrow(journal.LOCK_WALLET, *key)
            drifts = await _read(connection, wallet)
            await connection.execute(journal.ACKNOWLEDGE_FOREIGN, *key)
            await connection.execute(journal.RESUME, *key, next_nonce)
            await _book(connection, key, drifts, adjustment_id, note, resumed_by)
            await _keep(connection, _event(wallet, drifts, adjustment_id, note, resumed_by, at))
    return drifts


async def _read(connection: Pool | Connection, wallet: Wallet) -> list[OpenDrift]:
    rows = await connection.fetch(_DRIFTS, wallet.chain_id, wallet.address)
    return [
        OpenDrift(
            row["token"],
            row["currency"],
            int(row["amount"]),
            row["cause"],
            row["tx_hash"],
            row["evidence"],
        )
        for row in rows
    ]


async def _book(
    connection: Connection,
    key: tuple[int, str],
    drifts: Sequence[OpenDrift],
    adjustment_id: str,
    note: str,
    booked_by: str,
) -> None:
    rows: list[tuple[Any, ...]] = [
        (
            adjustment_booking(adjustment_id, number),
            one.token,
            one.amount,
            ADJUSTMENT,
            one.tx_hash,
            note,
        )
        for number, one in enumerate(drifts)
    ]
    if rows:
        columns = map(list, zip(*rows, strict=True))
        await connection.execute(_INSERT_BOOKINGS, *key, *columns, booked_by)
    for one in drifts:
        await connection.execute(_ADJUST, *key, one.token, one.amount)
    await connection.execute(_CLEAR, *key)
    await connection.execute(_TOUCH, *key)


async def _keep(connection: Connection, event: AnyEvent) -> None:
    body = event.to_bytes()
    await connection.execute(
        _KEEP_EVENT,
        *(event.event_id, event.correlation_id, event.subject, body),
        hashlib.sha256(body).digest(),
    )


def _event(
    wallet: Wallet,
    drifts: Sequence[OpenDrift],
    adjustment_id: str,
    note: str,
    resumed_by: str,
    at: datetime,
) -> AnyEvent:
    payload = WalletResumed(
        wallet_id=wallet_id_of(wallet.chain_id, wallet.address),
        resumed_by=resumed_by,
        note=note,
        adjustments=tuple(
            Adjustment(
                currency=one.currency,
                token=one.token or None,
                amount=one.amount,
                tx_hash=one.tx_hash,
            )
            for one in drifts
        ),
    )
    return first_event(
        payload,
        correlation_id=reconciliation_correlation(adjustment_id),
        key=EventKey(),
        producer=PRODUCER,
        at=at,
    )
