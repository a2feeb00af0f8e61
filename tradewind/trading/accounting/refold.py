"""Brings a portfolio's accounts up to its fills and entries, from the last state that still holds.

What comes in order extends the accounts. What comes late begins again at the last kept state before
it, so that a late fill costs a few hundred postings and not a portfolio's whole history.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from tradewind.postgres import Connection
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.fold import post
from tradewind.trading.accounting.keys import PairKey, TokenKey
from tradewind.trading.accounting.metrics import LATE_POSTINGS
from tradewind.trading.accounting.place import BEFORE_ALL
from tradewind.trading.accounting.queries import QUERIES
from tradewind.trading.accounting.rows import balance_row, position_row, to_json, to_posting
from tradewind.trading.accounting.snapshot import from_json
from tradewind.trading.accounting.snapshot import to_json as to_state

SNAPSHOT_POSTINGS: Final = 500
"""A state is kept after so many postings."""
PAGE_POSTINGS: Final = 1_000

_ACCOUNTS = QUERIES["select_accounts"]
_SNAPSHOT = QUERIES["select_snapshot"]
_DELETE_SNAPSHOTS = QUERIES["delete_snapshots"]
_INSERT_SNAPSHOT = QUERIES["insert_snapshot"]
_POSTINGS = QUERIES["select_postings"]
_WRITE_ACCOUNTS = QUERIES["write_accounts"]
_WRITE_POSITIONS = QUERIES["write_positions"]
_DELETE_POSITION = QUERIES["delete_position"]
_WRITE_BALANCES = QUERIES["write_balances"]
_DELETE_BALANCE = QUERIES["delete_balance"]


async def load_accounts(connection: Connection, portfolio_id: str) -> Accounts:
    """Return a portfolio's accounts as they are kept; empty for one without any."""
    return (await load_all_accounts(connection, [portfolio_id]))[portfolio_id]


async def load_all_accounts(
    connection: Connection, portfolio_ids: Collection[str]
) -> dict[str, Accounts]:
    """Return the accounts of several portfolios as they are kept, by their ids."""
    rows = await connection.fetch(_ACCOUNTS, list(portfolio_ids))
    return _accounts_of(rows, portfolio_ids)


def _accounts_of(
    rows: Iterable[Mapping[str, Any]], portfolio_ids: Iterable[str]
) -> dict[str, Accounts]:
    kept = {row["portfolio_id"]: from_json(row["portfolio_id"], row["state"]) for row in rows}
    return {name: kept.get(name) or Accounts(name) for name in portfolio_ids}


class Refolded(NamedTuple):
    """Accounts before and after."""

    before: Accounts
    after: Accounts

    @property
    def changed_pairs(self) -> frozenset[PairKey]:
        """The pairs of which something is another number now; a pair may be gone."""
        before, after = self.before.positions, self.after.positions
        return frozenset(
            key for key in before.keys() | after.keys() if before.get(key) != after.get(key)
        )

    @property
    def changed_tokens(self) -> frozenset[TokenKey]:
        """The tokens of which there is another amount now."""
        before, after = self.before, self.after
        tokens = before.balances.keys() | after.balances.keys()
        return frozenset(key for key in tokens if before.balance(key) != after.balance(key))


async def refold(connection: Connection, changed_from: Mapping[str, str]) -> list[Refolded]:
    """Fold what is at these places and after them, by portfolio, and keep the accounts.

    The caller's transaction has the turn to settle: nobody else folds them meanwhile.
    """
    kept = await load_all_accounts(connection, changed_from.keys())
    starts = {
        name: await _start(connection, kept[name], place) for name, place in changed_from.items()
    }
    going_on = [start for name, start in starts.items() if start is kept[name]]
    pages = await _pages(connection, going_on) if going_on else {}
    done = [
        Refolded(kept[name], await _advance(connection, start, pages.get(name)))
        for name, start in starts.items()
    ]
    written = [(one.portfolio_id, one.place, to_state(one)) for _, one in done]
    await connection.execute(_WRITE_ACCOUNTS, *map(list, zip(*written, strict=True)))
    await _write_positions(connection, done)
    await _write_balances(connection, done)
    return done


async def _start(connection: Connection, kept: Accounts, place: str) -> Accounts:
    """Return the accounts to go on from: those that are kept, unless what is new is before them."""
    if kept.fee_usd is None:
        # An earlier release folded them, and did not add up fees.
        return await _state_before(connection, kept.portfolio_id, BEFORE_ALL)
    if place > kept.place:
        return kept
    LATE_POSTINGS.inc()
    return await _state_before(connection, kept.portfolio_id, place)


async def _state_before(connection: Connection, portfolio_id: str, place: str) -> Accounts:
    await connection.execute(_DELETE_SNAPSHOTS, portfolio_id, place)
    state = await connection.fetchval(_SNAPSHOT, portfolio_id, place)
    return Accounts(portfolio_id) if state is None else from_json(portfolio_id, state)


async def _advance(
    connection: Connection, accounts: Accounts, page: Sequence[Any] | None
) -> Accounts:
    """Fold all later postings, and keep a state every SNAPSHOT_POSTINGS of them.

    Their first page is `page`, unless it was not read yet.
    """
    is_whole = False
    while not is_whole:
        if page is None:
            page = (await _pages(connection, [accounts]))[accounts.portfolio_id]
        is_whole = len(page) < PAGE_POSTINGS
        for row in page:
            accounts = post(accounts, to_posting(row))
            if accounts.postings % SNAPSHOT_POSTINGS == 0:
                await connection.execute(
                    _INSERT_SNAPSHOT, accounts.portfolio_id, accounts.place, to_state(accounts)
                )
        page = None
    return accounts


async def _pages(
    connection: Connection, accounts: Collection[Accounts]
) -> Mapping[str, Sequence[Any]]:
    """Return the next postings of portfolios, by their ids, in one round trip."""
    pages: dict[str, list[Any]] = {one.portfolio_id: [] for one in accounts}
    arguments = [(one.portfolio_id, one.place, PAGE_POSTINGS) for one in accounts]
    for row in await connection.fetchmany(_POSTINGS, arguments):
        pages[row["portfolio_id"]].append(row)
    return pages


async def _write_positions(connection: Connection, done: Iterable[Refolded]) -> None:
    rows = []
    for one in done:
        after = one.after
        for key in sorted(one.changed_pairs):
            if key in after.positions:
                rows.append(position_row(after, after.positions[key]))
            else:
                await connection.execute(_DELETE_POSITION, after.portfolio_id, *key)
    if rows:
        await connection.execute(_WRITE_POSITIONS, to_json(rows))


async def _write_balances(connection: Connection, done: Iterable[Refolded]) -> None:
    rows = []
    for one in done:
        name, balances = one.after.portfolio_id, one.after.balances
        for key in sorted(one.before.balances.keys() - balances.keys()):
            await connection.execute(_DELETE_BALANCE, name, *key)
        rows += [balance_row(name, balances[key]) for key in sorted(balances)]
    if rows:
        await connection.execute(_WRITE_BALANCES, to_json(rows))
