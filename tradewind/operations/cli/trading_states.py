"""What the commands share that show and change trading states."""

import asyncio
import getpass
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import click

from tradewind.contracts.system.trading_states import Scope
from tradewind.operations.cli.times import show_time
from tradewind.postgres import Pool, open_pool
from tradewind.settings import PostgresSettings, load
from tradewind.trading.halts.changes import Changed
from tradewind.trading.halts.errors import InvalidChange
from tradewind.trading.halts.journal import StateJournal
from tradewind.trading.halts.records import KeptState, StateChange

PRODUCER: Final = "cli"
HEADINGS: Final = ("scope", "state", "since", "until", "by", "reason")


class ScopeType(click.ParamType[Scope]):
    """A scope as it is written everywhere: `portfolio:fund`."""

    name = "scope"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Scope:
        """Return the scope; the usage error says how one is written."""
        try:
            return value if isinstance(value, Scope) else Scope.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


SCOPE: Final = ScopeType()


def user() -> str:
    """Return who changes the state, as the history of the scope says."""
    return f"cli:{getpass.getuser()}"[:128]


def change(wanted: StateChange) -> Changed:
    """Put a state into force and return it; a usage error where it contradicts itself."""
    try:
        return in_database(lambda pool: _change(pool, wanted))
    except InvalidChange as error:
        raise click.UsageError(str(error)) from None


def in_database[T](work: Callable[[Pool], Coroutine[Any, Any, T]]) -> T:
    """Run work on the ledger's database."""

    async def run() -> T:
        async with _opened() as pool:
            return await work(pool)

    return asyncio.run(run())


async def _change(pool: Pool, wanted: StateChange) -> Changed:
    return await StateJournal(pool).change(wanted, PRODUCER)


@asynccontextmanager
async def _opened() -> AsyncIterator[Pool]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        yield pool
    finally:
        await pool.close()


def row_of(one: KeptState) -> tuple[str, ...]:
    """Return a state as the cells of a table."""
    ends = "resumed by a person" if one.needs_person else "resumed"
    until = ends if one.until is None else show_time(one.until)
    return str(one.scope), str(one.state), show_time(one.since), until, one.by, one.reason
