"""Makes a window of a portfolio's accounts again from the ledger, and says what is otherwise.

It works in a transaction of the caller: a look rolls back, putting right commits.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from tradewind.postgres import Connection
from tradewind.trading.accounting.bookings import Booking, Entry, EntryKind, Fill, FillKey
from tradewind.trading.accounting.ledger_rates import with_rates
from tradewind.trading.accounting.place import BEFORE_ALL
from tradewind.trading.accounting.queries import QUERIES
from tradewind.trading.accounting.record import once_a_transaction
from tradewind.trading.accounting.refold import load_accounts, refold
from tradewind.trading.accounting.rows import entry_row, fill_row, to_json
from tradewind.trading.accounting.snapshot import to_json as to_state

_LOCK = QUERIES["lock_portfolio"]
_TURN = QUERIES["take_turn"]
_WRONG_FILLS = QUERIES["select_wrong_fills"]
_WRONG_ENTRIES = QUERIES["select_wrong_entries"]
_DELETE_FILLS = QUERIES["delete_fills"]
_DELETE_ENTRIES = QUERIES["delete_entries"]
_INSERT_FILLS = QUERIES["insert_fills"]
_INSERT_ENTRIES = QUERIES["insert_entries"]
_POSITIONS = QUERIES["select_positions"]
_BALANCES = QUERIES["select_balances"]
_TELL_AGAIN = QUERIES["tell_again"]

MAX_SHOWN_COLUMNS: Final = 6


type ReadBookings = Callable[[int], Awaitable[Sequence[Booking]]]
"""Returns what the portfolio's events mean, of those up to a `global_seq`."""


class Window(NamedTuple):
    """Times of the chain: `since` is included and `until` is not."""

    since: datetime
    until: datetime

    def has(self, time: datetime) -> bool:
        return self.since <= time < self.until


class Difference(NamedTuple):
    """A row that is not as the ledger says."""

    table: str
    name: str
    problem: str
    """`missing`, `unknown to the ledger`, or the columns that are otherwise."""


class Expected(NamedTuple):
    """What the ledger says of a window."""

    fills: Sequence[Fill]
    entries: Sequence[Entry]


async def replay_window(
    connection: Connection, portfolio_id: str, read: ReadBookings, window: Window
) -> list[Difference]:
    """Put fills and entries of a window right, fold the accounts again; return what was otherwise.

    All of the portfolio's events are read: which of two tellings of a fill or of a transaction
    counts may be decided by one outside of the window. Settlement waits meanwhile, and what it has
    not reached yet is left to it.
    """
    # Settlement books before it locks portfolios: its turn keeps it out, and is taken first there.
    settled = await connection.fetchval(_TURN)
    await connection.execute(_LOCK, portfolio_id)
    bookings = await read(settled)
    expected = expect(await with_rates(connection, bookings), window)
    own = [one for one in expected.entries if one.portfolio_id == portfolio_id]
    before = await _shown(connection, portfolio_id)
    found = await _correct_fills(connection, portfolio_id, expected.fills, window)
    found += await _correct_entries(connection, portfolio_id, own, window)
    await refold(connection, {portfolio_id: BEFORE_ALL})
    after = await _shown(connection, portfolio_id)
    found += _compared("accounts", {portfolio_id: after.accounts}, {portfolio_id: before.accounts})
    found += _compared("positions", after.positions, before.positions)
    found += _compared("balances", after.balances, before.balances)
    if found:
        await connection.execute(_TELL_AGAIN, portfolio_id)
    return found


def expect(bookings: Iterable[Booking], window: Window) -> Expected:
    """Return the fills that stand and the entries that count, as far as they are in the window."""
    standing: dict[FillKey, Booking] = {}
    entries: list[Entry] = []
    for booking in bookings:
        entries += (one for one in booking.entries if one.kind is not EntryKind.FILL)
        fill = booking.fill
        if fill is None:
            continue
        other = standing.get(fill.key)
        if other is None or (other.fill and fill.precedence < other.fill.precedence):
            standing[fill.key] = booking
    entries = [one for one in entries if one.kind is not EntryKind.GAS] + once_a_transaction(
        entries
    )
    for booking in standing.values():
        entries += (one for one in booking.entries if one.kind is EntryKind.FILL)
    fills = [one.fill for one in standing.values() if one.fill and window.has(one.fill.time)]
    return Expected(fills, [one for one in entries if window.has(one.time)])


class _Shown(NamedTuple):
    accounts: dict[str, Any]
    positions: dict[str, dict[str, Any]]
    balances: dict[str, dict[str, Any]]


async def _shown(connection: Connection, portfolio_id: str) -> _Shown:
    accounts = await load_accounts(connection, portfolio_id)
    rows = await _read(connection, _POSITIONS, portfolio_id)
    positions = {f"{row['base_symbol']}/{row['quote_symbol']} {row['base']}": row for row in rows}
    held = await _read(connection, _BALANCES, portfolio_id)
    balances = {f"{row['symbol']} {row['token']}": row for row in held}
    return _Shown(orjson.loads(to_state(accounts)), positions, balances)


async def _read(connection: Connection, query: str, portfolio_id: str) -> list[dict[str, Any]]:
    return [orjson.loads(row[0]) for row in await connection.fetch(query, portfolio_id)]


async def _correct_fills(
    connection: Connection, portfolio_id: str, fills: Sequence[Fill], window: Window
) -> list[Difference]:
    rows = await connection.fetch(
        _WRONG_FILLS, portfolio_id, to_json(map(fill_row, fills)), *window
    )
    if not rows:
        return []
    keys = ("plan_id", "step_index", "fill_index")
    await connection.execute(
        _DELETE_FILLS, to_json({key: row[key] for key in keys} for row in rows)
    )
    await connection.execute(_INSERT_FILLS, _expected(rows))
    return [_difference("fills", ".".join(str(row[key]) for key in keys), row) for row in rows]


async def _correct_entries(
    connection: Connection, portfolio_id: str, entries: Sequence[Entry], window: Window
) -> list[Difference]:
    rows = await connection.fetch(
        _WRONG_ENTRIES, portfolio_id, to_json(map(entry_row, entries)), *window
    )
    if not rows:
        return []
    keys = ("event_id", "number")
    await connection.execute(
        _DELETE_ENTRIES, to_json({key: row[key] for key in keys} for row in rows)
    )
    await connection.execute(_INSERT_ENTRIES, _expected(rows))
    return [_difference("entries", ".".join(str(row[key]) for key in keys), row) for row in rows]


def _expected(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows that should be there, as JSON."""
    return f"[{','.join(row['expected'] for row in rows if row['expected'] is not None)}]"


def _difference(table: str, name: str, row: Mapping[str, Any]) -> Difference:
    expected, kept = row["expected"], row["kept"]
    if kept is None:
        return Difference(table, name, "missing")
    if expected is None:
        return Difference(table, name, "unknown to the ledger")
    return Difference(table, name, _columns(orjson.loads(expected), orjson.loads(kept)))


def _compared(
    table: str, after: Mapping[str, dict[str, Any]], before: Mapping[str, dict[str, Any]]
) -> list[Difference]:
    found = []
    for name in sorted(after.keys() | before.keys()):
        if name not in before:
            found.append(Difference(table, name, "missing"))
        elif name not in after:
            found.append(Difference(table, name, "unknown to the ledger"))
        elif after[name] != before[name]:
            found.append(Difference(table, name, _columns(after[name], before[name])))
    return found


def _columns(expected: Mapping[str, Any], kept: Mapping[str, Any]) -> str:
    """Name the columns that differ, with what is kept and what should be."""
    wrong = [name for name in expected if expected[name] != kept.get(name)]
    shown = wrong[:MAX_SHOWN_COLUMNS]
    told = [
        name
        if isinstance(expected[name], list | dict)
        else f"{name} is {kept.get(name)} and should be {expected[name]}"
        for name in shown
    ]
    more = [f"{len(wrong) - len(shown)} more"] if len(wrong) > len(shown) else []
    return ", ".join(told + more)
