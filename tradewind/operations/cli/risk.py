"""`tradewind risk`: shows what is in force of risk's rules at this moment."""

import json

import click

from tradewind.contracts.system.trading_states import ScopeKind
from tradewind.operations.cli.tables import print_table
from tradewind.operations.cli.trading_states import HEADINGS, in_database, row_of
from tradewind.postgres import Pool
from tradewind.trading.halts.documents import TradingStateDocument
from tradewind.trading.halts.journal import StateJournal
from tradewind.trading.halts.records import KeptState
from tradewind.trading.policy.store import AppliedPolicy, current_policy


@click.command()
@click.option("--past", is_flag=True, help="Also states and locks that are not in force any more.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def risk(past: bool, as_json: bool) -> None:
    """Show trading states, locks and the version of the limits that are in force."""
    states, applied = in_database(lambda pool: _read(pool, past))
    policy = applied.reference
    if as_json:
        documents = [TradingStateDocument.of(one).model_dump(mode="json") for one in states]
        click.echo(json.dumps({"states": documents, "policy": policy.model_dump(mode="json")}))
        return
    locks = [one for one in states if one.scope.kind is ScopeKind.LOCK]
    _print("no trading state is in force", [one for one in states if one not in locks])
    _print("no pair is locked", locks)
    limits = f"version {policy.version}, {policy.content}" if policy.version else "none applied"
    click.echo(f"limits: {limits}")


async def _read(pool: Pool, past: bool) -> tuple[list[KeptState], AppliedPolicy]:
    states = await StateJournal(pool).states(with_past=past)
    async with pool.acquire() as connection:
        return states, await current_policy(connection)


def _print(nothing: str, states: list[KeptState]) -> None:
    if not states:
        click.echo(nothing)
        return
    in_force = [number for number, one in enumerate(states) if one.is_in_force]
    print_table(HEADINGS, [row_of(one) for one in states], alarming=in_force)
