"""`tradewind limits`: checks, compares and applies the limits of risk."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import click

from tradewind.contracts.risk.policy import PolicyDocument, content_of_policy
from tradewind.contracts.system.risk_limits import MAX_APPLIER_LENGTH
from tradewind.operations.cli.tables import (
    JSON_LINES_OPTION,
    print_list,
    print_table,
    printable,
)
from tradewind.operations.cli.times import show_time
from tradewind.operations.cli.trading_states import user
from tradewind.operations.cli.verbs import Verbs
from tradewind.postgres import Connection, open_pool, outage_is_transient
from tradewind.runtime import clock
from tradewind.settings import PostgresSettings, load
from tradewind.trading.policy.application import Comparison, apply, compare
from tradewind.trading.policy.changes import limits_of, written
from tradewind.trading.policy.contradictions import (
    MAX_TOLD,
    check_contradictions,
    contradictions_of,
)
from tradewind.trading.policy.policy_file import read_policy
from tradewind.trading.policy.store import (
    Application,
    AppliedPolicy,
    applications,
    current_policy,
    head_of,
)

PRODUCER: Final = "cli"

FILE: Final = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group(cls=Verbs)
def limits() -> None:
    """Check, compare, apply and show the limits of risk."""


@limits.command("check")
@FILE
def check_file(file: Path) -> None:
    """Check a file, without asking any server.

    It refuses limits that contradict each other, which `apply` only tells: what they let through is
    too little, never too much.
    """
    document = read_policy(file)
    check_contradictions(document)
    click.echo(
        f"{printable(str(file))} is a policy of {len(document.portfolios)} portfolios and "
        f"{len(document.instruments)} instruments: {content_of_policy(document)}"
    )


@limits.command("diff")
@FILE
def show_difference(file: Path) -> None:
    """Print what applying a file would change, and which limits would let more through."""
    document = read_policy(file)
    _print_changes(asyncio.run(_compared(document)))


@limits.command("apply")
@FILE
@click.option("--by", "applied_by", help="In whose name; otherwise yours.")
@click.option("--loosen", "may_loosen", is_flag=True, help="Let it loosen limits, too.")
def apply_file(file: Path, applied_by: str | None, may_loosen: bool) -> None:
    """Put a file's limits into force, for everything that is decided after the command has ended.

    What loosens a limit needs --loosen; what only tightens does not.
    """
    document, person = read_policy(file), applied_by or user()
    if not (person.isprintable() and len(person) <= MAX_APPLIER_LENGTH):
        raise click.BadParameter(
            f"must be one line of at most {MAX_APPLIER_LENGTH} characters", param_hint="--by"
        )
    for contradiction in islice(contradictions_of(document), MAX_TOLD):
        click.echo(f"a contradiction: {contradiction}", err=True)
    click.echo(asyncio.run(_apply(document, person, may_loosen)))


@limits.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print the policy as JSON.")
def show_policy(as_json: bool) -> None:
    """Show the policy in force: version, hash, who applied it, and every limit by scope."""
    head, policy = asyncio.run(_in_force())
    document = policy.policy.document
    if as_json:
        click.echo(json.dumps(_document(head, document), indent=2))
        return
    if head is None:
        click.echo("no policy was ever applied: only the settings limit")
        return
    click.echo(
        f"version {head.version}, applied {show_time(head.applied_at)} by "
        f"{printable(head.applied_by)}: {head.content}"
    )
    rows = [(one.scope, one.name, one.text) for one in limits_of(document)]
    print_table(("scope", "limit", "value"), rows)


@limits.command("history")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Rows.")
@JSON_LINES_OPTION
def list_applications(limit: int, as_json: bool) -> None:
    """List which policies were put into force, by whom and when, newest first.

    `tradewind explain system-CONTENT` tells what is in one.
    """
    print_list(
        asyncio.run(_applications(limit)),
        as_json,
        document=lambda one: one._asdict() | {"applied_at": show_time(one.applied_at)},
        headings=("version", "applied", "by", "content"),
        row=lambda one: (
            str(one.version),
            show_time(one.applied_at),
            printable(one.applied_by),
            one.content,
        ),
        nothing="no policy was ever applied",
    )


async def _applications(limit: int) -> list[Application]:
    async with _connection() as connection:
        return await applications(connection, None, limit)


async def _compared(document: PolicyDocument) -> Comparison:
    async with _connection() as connection:
        return await compare(connection, document)


async def _apply(document: PolicyDocument, applied_by: str, may_loosen: bool) -> str:
    async with _connection() as connection:
        compared = await compare(connection, document)
        reference = await apply(
            connection,
            compared,
            applied_by=applied_by,
            may_loosen=may_loosen,
            producer=PRODUCER,
            at=clock.now(),
        )
    if compared.is_in_force:
        return f"version {reference.version} is in force already: {reference.content}"
    return (
        f"version {reference.version} is in force: {len(compared.changes)} limits changed, "
        f"{len(compared.loosened)} loosened: {reference.content}"
    )


async def _in_force() -> tuple[Application | None, AppliedPolicy]:
    async with _connection() as connection, connection.transaction(isolation="repeatable_read"):
        return await head_of(connection), await current_policy(connection)


@asynccontextmanager
async def _connection() -> AsyncIterator[Connection]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        with outage_is_transient():
            async with pool.acquire() as connection:
                yield connection
    finally:
        await pool.close()


def _print_changes(compared: Comparison) -> None:
    changes = compared.changes
    if not changes:
        click.echo(f"version {compared.current.version} says the same")
        return
    rows = [(one.scope, one.name, written(one.before), written(one.after)) for one in changes]
    print_table(("scope", "limit", "before", "after"), rows)
    if compared.loosened:
        click.echo("\nmore is let through by")
    for change in compared.loosened:
        click.echo(f"  {change}")


def _document(head: Application | None, document: PolicyDocument) -> dict[str, object]:
    applied = (
        {}
        if head is None
        else {
            "content": head.content,
            "applied_by": head.applied_by,
            "applied_at": show_time(head.applied_at),
        }
    )
    limits_in_force = document.model_dump(mode="json", exclude_defaults=True)
    return {"version": 0 if head is None else head.version, **applied, "limits": limits_in_force}
