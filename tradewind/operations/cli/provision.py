"""`tradewind provision`: creates schema, logins and streams, as their owner."""

import asyncio
from pathlib import Path
from typing import Final

import asyncpg
import click

from tradewind.contracts.ordering import MAX_PARTITIONS, Order
from tradewind.contracts.roles import partitions_needed, queue_groups
from tradewind.errors import ConfigurationError
from tradewind.ledger import migrations
from tradewind.ledger.retention import check_retention
from tradewind.postgres import DatabaseUnavailable, outage_is_transient
from tradewind.runtime import connect, declare_streams
from tradewind.runtime.connection import (
    START_DEADLINE_SECONDS,
    ClusterNotReady,
    NatsConnection,
)
from tradewind.runtime.resize import DRAIN_SECONDS, begin_ordered, resize
from tradewind.settings import NatsSettings, PostgresSettings, StreamSettings, load
from tradewind.telemetry import configure_logging

CONNECTION_NAME: Final = "tradewind-provision"
AGAIN_DEADLINE_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.5
NOT_ALLOWED: Final = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidAuthorizationSpecificationError,
)


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
    """Create or update schema, logins and streams; do nothing where they are current.

    It needs the administrator's addresses: no role has the permissions, and none starts before.
    """
    postgres_dsn = load(PostgresSettings).postgres_dsn.get_secret_value()
    nats_url, streams = load(NatsSettings).nats_url, load(StreamSettings)
    # Log lines, such as waiting for a broker, go to standard error.
    configure_logging("provision", "WARNING")
    statements = logins.read_text() if logins else ""
    provision_servers(postgres_dsn, nats_url, statements, streams)
    click.echo("schema, logins and streams are as they have to be")
    if partitions is not None:
        asyncio.run(_resize(nats_url, partitions))
        click.echo(f"{partitions} partitions: start the workers of ordered queue groups again")


def provision_servers(
    postgres_dsn: str,
    nats_url: str,
    logins: str,
    settings: StreamSettings,
    drain_seconds: float | None = DRAIN_SECONDS,
) -> None:
    """Migrate the database, run the SQL of the logins, declare the streams.

    A queue group that becomes ordered is given `drain_seconds` to finish; None where nobody works.

    Raises NotTheAdministrator for any other login, TransientError while a server is away, and
    HistoryWouldBeDropped where a policy of TimescaleDB would drop what is recorded.
    """
    try:
        with outage_is_transient():
            migrations.upgrade(postgres_dsn)
            asyncio.run(_provision(postgres_dsn, nats_url, logins, settings, drain_seconds))
    except DatabaseUnavailable as error:
        if isinstance(error.__cause__, NOT_ALLOWED):
            raise NotTheAdministrator(str(error.__cause__)) from None
        raise


def declare_again(
    nats_url: str, settings: StreamSettings, deadline_seconds: float = AGAIN_DEADLINE_SECONDS
) -> None:
    """Declare the streams again after the broker restarted, because its store may be lost."""
    asyncio.run(_declare(nats_url, settings, deadline_seconds))


async def _provision(
    postgres_dsn: str,
    nats_url: str,
    logins: str,
    settings: StreamSettings,
    drain_seconds: float | None,
) -> None:
    declaring = _declare(nats_url, settings, drain_seconds=drain_seconds)
    await asyncio.gather(_run_sql(postgres_dsn, logins), declaring)


async def _resize(nats_url: str, partitions: int) -> None:
    async with await connect(nats_url, name=CONNECTION_NAME) as connection:
        await resize(connection, partitions)


async def _run_sql(postgres_dsn: str, statements: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    try:
        await check_retention(connection)
        if statements:
            await connection.execute(statements)
    finally:
        await connection.close()


async def _declare(
    nats_url: str,
    settings: StreamSettings,
    deadline_seconds: float = START_DEADLINE_SECONDS,
    drain_seconds: float | None = DRAIN_SECONDS,
) -> None:
    async with await connect(
        nats_url, name=CONNECTION_NAME, deadline_seconds=deadline_seconds
    ) as connection:
        await _declare_streams(connection, settings, deadline_seconds)
        for group in queue_groups():
            if group.order is not Order.UNORDERED:
                await begin_ordered(
                    connection, group.name, group.topics, group.order, drain_seconds
                )


async def _declare_streams(
    connection: NatsConnection, settings: StreamSettings, deadline_seconds: float
) -> None:
    """Declare the streams; brokers of a cluster that find each other are given time for it."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + deadline_seconds
    while True:
        try:
            await declare_streams(
                connection,
                replicas=settings.stream_replicas,
                events_max_bytes=settings.events_max_bytes,
                partitions=partitions_needed() or None,
            )
        except ClusterNotReady:
            if clock() > deadline:
                raise
            await asyncio.sleep(POLL_SECONDS)
        else:
            return
