"""Adds fills and entries to their sets, and says what that touched."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tradewind.postgres import Connection
from tradewind.trading.accounting.bookings import Booking, Entry, EntryKind, Fill, FillKey
from tradewind.trading.accounting.metrics import FILL_CONFLICTS
from tradewind.trading.accounting.queries import QUERIES
from tradewind.trading.accounting.rows import entry_row, fill_row, to_json

_INSERT_FILLS = QUERIES["insert_fills"]
_KEPT = QUERIES["select_kept"]
_DELETE_FILL = QUERIES["delete_fill"]
_NOTE_CONFLICT = QUERIES["note_conflict"]
_INSERT_ENTRIES = QUERIES["insert_entries"]
_INSERT_GAS = QUERIES["insert_gas"]


class Touched:
    """The first place, by portfolio, at which something was added, changed or removed."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def add(self, portfolio_id: str, place: str) -> None:
        self.places[portfolio_id] = min(place, self.places.get(portfolio_id, place))


async def record(connection: Connection, bookings: Sequence[Booking]) -> Mapping[str, str]:
    """Add what is not there yet; return the first place touched, by portfolio."""
    touched = Touched()
    fills = [one.fill for one in bookings if one.fill is not None]
    standing = await _record_fills(connection, fills, touched)
    entries = [entry for one in bookings for entry in one.entries if _counts(one, entry, standing)]
    others = once_an_entry(one for one in entries if one.kind is not EntryKind.GAS)
    await _insert(connection, _INSERT_ENTRIES, others, touched)
    await _insert(connection, _INSERT_GAS, once_a_transaction(entries), touched)
    return touched.places


def _counts(booking: Booking, entry: Entry, standing: set[str]) -> bool:
    """Return whether an entry is booked. Gas is, even of a fill that another one stands before."""
    return entry.kind is not EntryKind.FILL or (
        booking.fill is not None and booking.fill.identity in standing
    )


def once_a_transaction(entries: Iterable[Entry]) -> list[Entry]:
    """Return one entry for each transaction that gas was paid for, the one that counts."""
    first: dict[tuple[str, str, str | None], Entry] = {}
    for entry in entries:
        if entry.kind is EntryKind.GAS:
            key = (entry.portfolio_id, entry.token.chain, entry.tx_hash)
            first[key] = min(first.get(key, entry), entry, key=lambda one: (one.place, one.amount))
    return list(first.values())


def once_an_entry(entries: Iterable[Entry]) -> list[Entry]:
    """Return each entry once, the one that counts: several reports may tell of one booking."""
    first: dict[tuple[str, int], Entry] = {}
    for entry in entries:
        key = (entry.event_id, entry.number)
        first[key] = min(first.get(key, entry), entry, key=lambda one: one.place)
    return list(first.values())


async def _insert(
    connection: Connection, statement: str, entries: Sequence[Entry], touched: Touched
) -> None:
    if not entries:
        return
    for row in await connection.fetch(statement, to_json(map(entry_row, entries))):
        touched.add(row["portfolio_id"], row["place"])
        if row["was_at"] is not None:
            touched.add(row["portfolio_id"], row["was_at"])


async def _record_fills(
    connection: Connection, fills: Iterable[Fill], touched: Touched
) -> set[str]:
    """Add fills; return the identities of those that were added and stand."""
    first: dict[FillKey, Fill] = {}
    refused: list[Fill] = []
    for fill in sorted(fills, key=lambda one: one.precedence):
        if first.setdefault(fill.key, fill).precedence != fill.precedence:
            refused.append(fill)
    if not first:
        return set()
    rows = await connection.fetch(_INSERT_FILLS, to_json(map(fill_row, first.values())))
    added = {row["event_id"] for row in rows}
    new = [fill for fill in first.values() if fill.event_id in added]
    for fill in new:
        touched.add(fill.portfolio_id, fill.place)
    told_again = [fill for fill in first.values() if fill.event_id not in added]
    standing = {fill.identity for fill in new}
    standing |= await _compare(connection, told_again, touched)
    for fill in refused:
        await _note_conflict(connection, fill, first[fill.key].event_id, fill.event_id)
    return standing


async def _compare(connection: Connection, fills: Sequence[Fill], touched: Touched) -> set[str]:
    """Hold fills against those of their keys; return those that replace what was there."""
    if not fills:
        return set()
    keys = to_json(fill.key._asdict() for fill in fills)
    kept = {_key(row): row for row in await connection.fetch(_KEPT, keys)}
    replacing: set[str] = set()
    for fill in fills:
        row = kept[fill.key]
        precedence = (row["sequence"], row["event_id"], row["sha256"])
        if precedence == fill.precedence:
            continue
        is_same_portfolio = fill.portfolio_id == row["portfolio_id"]
        if is_same_portfolio and fill.precedence < precedence:
            await _replace(connection, fill, row["place"], touched)
            replacing.add(fill.identity)
            await _note_conflict(connection, fill, fill.event_id, row["event_id"])
        else:
            await _note_conflict(connection, fill, row["event_id"], fill.event_id)
    return replacing


def _key(row: Mapping[str, Any]) -> FillKey:
    return FillKey(row["plan_id"], row["step_index"], row["fill_index"])


async def _replace(connection: Connection, fill: Fill, was_at: str, touched: Touched) -> None:
    touched.add(fill.portfolio_id, was_at)
    touched.add(fill.portfolio_id, fill.place)
    await connection.execute(_DELETE_FILL, *fill.key)
    await connection.execute(_INSERT_FILLS, to_json([fill_row(fill)]))


async def _note_conflict(connection: Connection, fill: Fill, kept: str, refused: str) -> None:
    pair = (kept, refused)
    if await connection.fetchval(_NOTE_CONFLICT, *fill.key, fill.portfolio_id, *pair):
        FILL_CONFLICTS.inc()
