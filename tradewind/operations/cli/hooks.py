"""`tradewind hooks`: makes, lists and revokes addresses that charts may send their alerts to."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, Final

import click

from tradewind.errors import TradewindError
from tradewind.keys.hooks import Hook, HookStore, new_hook
from tradewind.operations.cli.keys import actor
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list
from tradewind.operations.cli.times import show_time
from tradewind.operations.cli.verbs import Verbs
from tradewind.postgres import open_pool
from tradewind.runtime import clock
from tradewind.settings import PostgresSettings, load

MAX_LISTED: Final = 1_000
PATH: Final = "/hooks/tradingview/"


class NoSuchHook(TradewindError):
    """There is no usable hook of this id: see `tradewind hooks list`."""

    code = "NO_SUCH_HOOK"


@click.group(cls=Verbs)
def hooks() -> None:
    """Create, list and revoke the addresses that charts send their alerts to."""


@hooks.command("create")
@click.argument("name")
@click.option("--source", required=True, help="The source its signals are of.")
def create_hook(name: str, source: str) -> None:
    """Create a hook and print its path.

    The path has the only secret of it: whoever has it may send signals of the source. It is shown
    once, and nobody can show it again.
    """
    hook, token = new_hook(name, source, created_by=actor(), at=clock.now(), entropy=os.urandom)
    asyncio.run(_with_store(lambda store: store.add(hook, token)))
    click.echo(f"created {hook.hook_id} for source {hook.source}", err=True)
    click.echo(f"{PATH}{token}")
    click.echo("this is its secret: it is not shown again", err=True)


@hooks.command("list")
@click.option("--all", "with_ended", is_flag=True, help="Also those that were revoked.")
@limit_option(MAX_LISTED)
@JSON_LINES_OPTION
def list_hooks(with_ended: bool, limit: int, as_json: bool) -> None:
    """List hooks, newest first."""
    print_list(
        asyncio.run(_with_store(lambda store: store.list(with_ended=with_ended, limit=limit))),
        as_json,
        document=_document,
        headings=("id", "name", "source", "created", "state"),
        row=_row,
        nothing="no hooks: see `tradewind hooks create --help`",
    )


@hooks.command("revoke")
@click.argument("hook_id")
def revoke_hook(hook_id: str) -> None:
    """End a hook at once."""
    if not asyncio.run(_with_store(lambda store: store.revoke(hook_id, actor()))):
        raise NoSuchHook(f"no hook in use has the id {hook_id[:64]!r}")
    click.echo(f"{hook_id} is revoked")


async def _with_store[T](work: Callable[[HookStore], Awaitable[T]]) -> T:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        return await work(HookStore(pool))
    finally:
        await pool.close()


def _state(hook: Hook) -> str:
    if hook.revoked_at is None:
        return "usable"
    return f"revoked {show_time(hook.revoked_at)} by {hook.revoked_by}"


def _document(hook: Hook) -> dict[str, Any]:
    return {
        "hook_id": hook.hook_id,
        "name": hook.name,
        "source": hook.source,
        "created_at": hook.created_at.isoformat(),
        "created_by": hook.created_by,
        "revoked_at": hook.revoked_at and hook.revoked_at.isoformat(),
        "revoked_by": hook.revoked_by,
    }


def _row(hook: Hook) -> tuple[str, ...]:
    return hook.hook_id, hook.name, hook.source, show_time(hook.created_at), _state(hook)
