"""`tradewind provision`: schema, logins and streams, by the one who owns them."""

import asyncio
from pathlib import Path
from typing import Final

import asyncpg
import click

from tradewind.contracts.ordering import MAX_PARTITIONS, Order
from tradewind.contracts.roles import partitions_needed, queue_groups
from tradewind.errors import ConfigurationError
from tradewind.ledger import migrations
from tradewind.postgres import outage_is_transient
from tradewind.runtime import connect, declare_streams
from tradewind.runtime.connection import START_DEADLINE_SECONDS
from tradewind.runtime.resize import begin_ordered, resize
from tradewind.settings import NatsSettings, PostgresSettings, StreamSettings, load
from tradewind.telemetry import configure_logging

CONNECTION_NAME: Final = "tradewind-provision"
AGAIN_DEADLINE_SECONDS: Final = 5.0


class NotTheAdministrator(ConfigurationError):
    """PostgreSQL refuses. Only the administrator's login can provision."""

    code = "NOT_THE_ADMINISTRATOR"

    def __init__(self, refusal: str) -> None:
        super().__init__(f"PostgreSQL: {refusal}; provisioning needs the administrator's login")


@click.command()
@click.option(
    "--logins",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="SQL of the logins, as `tradewind access render` writes it.",
)
@click.option(
    "--partitions",
    type=click.IntRange(1, MAX_PARTITIONS),
    help="Change how many partitions ordered queue groups have, while their workers run.",
)
def provision(logins: Path | None, partitions: int | None) -> None:
    """Make schema, logins and streams what they have to be; does nothing where they are already.

    Its addresses are the administrator's. No role can do this, and none starts without it.
    """
    postgres_dsn = load(PostgresSettings).postgres_dsn.get_secret_value()
    nats_url, streams = load(NatsSettings).nats_url, load(StreamSettings)
    # Waiting for a broker is told on standard error, as by every process.
    configure_logging("provision", "WARNING")
    statements = logins.read_text() if logins else ""
    provision_servers(postgres_dsn, nats_url, statements, streams)
    click.echo("schema, logins and streams are as they have to be")
    if partitions is not None:
        asyncio.run(_resize(nats_url, partitions))
        click.echo(f"{partitions} partitions: start the workers of ordered queue groups again")


def provision_servers(
    postgres_dsn: str, nats_url: str, logins: str, settings: StreamSettings
) -> None:
    """Migrate the database, run the SQL of the logins, declare the streams.

    NotTheAdministrator when the addresses' login may not; TransientError while a server is away.
    """
    try:
        with outage_is_transient():
            migrations.upgrade(postgres_dsn)
            asyncio.run(_provision(postgres_dsn, nats_url, logins, settings))
    except (
        asyncpg.InsufficientPrivilegeError,
        asyncpg.InvalidAuthorizationSpecificationError,
    ) as error:
        raise NotTheAdministrator(str(error)) from None


def declare_again(nats_url: str, settings: StreamSettings) -> None:
    """Declare the streams of a broker that was started again: it may have lost its store."""
    asyncio.run(_declare(nats_url, settings, AGAIN_DEADLINE_SECONDS))


async def _provision(
    postgres_dsn: str, nats_url: str, logins: str, settings: StreamSettings
) -> None:
    await asyncio.gather(_run_sql(postgres_dsn, logins), _declare(nats_url, settings))


async def _resize(nats_url: str, partitions: int) -> None:
    async with await connect(nats_url, name=CONNECTION_NAME) as connection:
        await resize(connection, partitions)


async def _run_sql(postgres_dsn: str, statements: str) -> None:
    if not statements:
        return
    connection = await asyncpg.connect(postgres_dsn)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def _declare(
    nats_url: str, settings: StreamSettings, deadline_seconds: float = START_DEADLINE_SECONDS
) -> None:
    async with await connect(
        nats_url, name=CONNECTION_NAME, deadline_seconds=deadline_seconds
    ) as connection:
        await declare_streams(
            connection,
            replicas=settings.stream_replicas,
            events_max_bytes=settings.events_max_bytes,
            partitions=partitions_needed() or None,
        )
        for group in queue_groups():
            if group.order is not Order.UNORDERED:
                await begin_ordered(connection, group.name, group.topics, group.order)
