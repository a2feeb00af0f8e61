"""Reads what is to be told about wallets, and which of it the ledger has. DatabaseUnavailable."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import orjson
import structlog
from pydantic import ValidationError

from tradewind.contracts.envelope import Event, describe, first_event
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.wallets.identity import transaction_correlation
from tradewind.contracts.wallets.payloads import (
    ApprovalMade,
    SwapMovement,
    WalletTransactionSettled,
)
from tradewind.postgres import Pool, outage_is_transient
from tradewind.queries import load_queries

_QUERIES: Final = load_queries("tradewind.trading.treasury")
_RECORDED = _QUERIES["select_recorded"]
_OPENINGS = _QUERIES["select_openings"]
_UNTOLD = _QUERIES["select_untold"]
_NOTE_TOLD = _QUERIES["note_told"]
_UNRECORDED = _QUERIES["select_unrecorded"]
_NOTE_RECORDED = _QUERIES["note_recorded"]

MAX_UNTOLD: Final = 200
SUCCEEDED: Final = "succeeded"

logger = structlog.get_logger("treasury")


class Untold(NamedTuple):
    """A transaction whose outcome the ledger may not have; None while it has no outcome."""

    chain_id: int
    address: str
    nonce: int
    event: Event[WalletTransactionSettled] | None
    is_readable: bool
    """False for a row of which no event can be made, which is logged and left out."""


class Announced:
    """What is told about wallets."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def recorded(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of some events that the ledger has."""
        if not event_ids:
            return set()
        return {row["event_id"] for row in await self._fetch(_RECORDED, list(event_ids))}

    async def openings(self, chain_id: int) -> list[bytes]:
        """Return the registrations of a chain's wallets."""
        return [bytes(row["opening"]) for row in await self._fetch(_OPENINGS, chain_id)]

    async def untold(self, chain_id: int) -> list[Untold]:
        """Return the transactions from the first on whose outcome the ledger may not have."""
        return list(map(_untold, await self._fetch(_UNTOLD, chain_id, MAX_UNTOLD)))

    async def note_told(self, untold: Sequence[Untold], recorded: set[str]) -> None:
        """Note up to where the ledger has every outcome."""
        below: dict[tuple[int, str], int] = {}
        ended: set[tuple[int, str]] = set()
        for one in untold:
            wallet = (one.chain_id, one.address)
            is_told = one.event is not None and one.event.event_id in recorded
            if wallet not in ended and (is_told or not one.is_readable):
                below[wallet] = one.nonce + 1
            else:
                ended.add(wallet)
        with outage_is_transient():
            for wallet, nonce in below.items():
                await self._pool.execute(_NOTE_TOLD, *wallet, nonce)

    async def unrecorded_reports(self) -> list[tuple[str, bytes]]:
        """Return id and bytes of the reports that the ledger may not have."""
        rows = await self._fetch(_UNRECORDED, MAX_UNTOLD)
        return [(row["event_id"], bytes(row["event"])) for row in rows]

    async def note_recorded(self, event_ids: Sequence[str]) -> None:
        """Note that the ledger has these reports."""
        with outage_is_transient():
            await self._pool.execute(_NOTE_RECORDED, list(event_ids))

    async def _fetch(self, query: str, *arguments: object) -> list[Any]:
        with outage_is_transient():
            rows: list[Any] = await self._pool.fetch(query, *arguments)
            return rows


def settled_event(row: Any) -> Event[WalletTransactionSettled]:
    """Return the event that tells how a transaction ended; ValidationError where none can be made.

    It is dated by its block, so that a journal that was restored and settled it anew says the same.
    """
    payload = WalletTransactionSettled(
        wallet_id=row["wallet_id"],
        chain_id=row["chain_id"],
        wallet=row["address"],
        nonce=row["nonce"],
        purpose=row["purpose"],
        outcome=row["state"],
        plan_id=row["plan_id"] or None,
        step_index=row["step_index"] if row["plan_id"] else None,
        tx_hash=row["mined_tx_hash"],
        block_number=row["mined_block_number"],
        block_hash=row["mined_block_hash"],
        gas_used=row["gas_used"],
        effective_gas_price_wei=_units(row["effective_gas_price_wei"]),
        fee_wei=_units(row["fee_wei"]),
        block_time=row["block_time"],
        transaction_index=row["transaction_index"],
        reason=row["reason"] or None,
        **_effect(row),
    )
    return first_event(
        payload,
        correlation_id=transaction_correlation(row["wallet_id"], row["nonce"]),
        key=EventKey(),
        producer=Role.TREASURY,
        at=row["block_time"] or row["settled_at"],
    )


def _untold(row: Any) -> Untold:
    place = (row["chain_id"], row["address"], row["nonce"])
    if row["settled_at"] is None:
        return Untold(*place, None, is_readable=True)
    try:
        return Untold(*place, settled_event(row), is_readable=True)
    except ValidationError as error:
        logger.error("an outcome cannot be told", nonce=row["nonce"], error=describe(error))
        return Untold(*place, None, is_readable=False)


def _effect(row: Any) -> dict[str, Any]:
    """Return what a transaction that took effect did."""
    if row["state"] != SUCCEEDED:
        return {}
    described = orjson.loads(row["description"])
    if row["purpose"] == "approval":
        amount = int(described["amount"])
        names = {name: described[name] for name in ("token", "spender")}
        return {"approval": ApprovalMade(**names, amount=amount)}
    if row["purpose"] == "swap":
        step = described["step"]
        return {
            "swap": SwapMovement(
                token_in=step["token_in"],
                amount_in=int(row["amount_in"]),
                token_out=step["token_out"],
                amount_out=int(row["amount_out"]),
            )
        }
    return {}


def _units(value: Any) -> int | None:
    return None if value is None else int(value)
