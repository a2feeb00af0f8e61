"""`tradewind migrate`: brings the database to the current schema."""

import click

from tradewind.ledger import migrations
from tradewind.postgres import outage_is_transient
from tradewind.settings import PostgresSettings, load


@click.command()
def migrate() -> None:
    """Migrate the database to the current schema; do nothing when it has it already."""
    settings = load(PostgresSettings)
    with outage_is_transient():
        migrations.upgrade(settings.postgres_dsn.get_secret_value())
    click.echo("The database has the current schema.")
