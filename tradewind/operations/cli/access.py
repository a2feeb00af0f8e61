"""`tradewind access`: prints logins of the running platform, and writes those of a deployment."""

from pathlib import Path
from typing import Final

import click

from tradewind.contracts.roles import ServerName
from tradewind.operations.access.addresses import ADDRESS_VARIABLES
from tradewind.operations.access.deployment import write_deployment
from tradewind.operations.access.identities import Identity, identities
from tradewind.operations.cli.status import NoPlatform
from tradewind.operations.cli.verbs import Verbs
from tradewind.operations.processes import runtime_file

DIRECTORY = click.Path(file_okay=False, path_type=Path)
POSTGRES: Final = "postgresql://postgres:5432/tradewind"


@click.group(cls=Verbs)
def access() -> None:
    """Write the logins of a deployment, or print those of one identity."""


@access.command("render")
@click.option("-o", "--output", type=DIRECTORY, required=True, help="Made for its owner only.")
@click.option("--nats", default="nats://nats:4222", show_default=True, help="Brokers, by commas.")
@click.option("--postgres", default=POSTGRES, show_default=True, help="The database.")
@click.option("--redis", default="redis://redis:6379/0", show_default=True, help="The cache.")
def render(output: Path, nats: str, postgres: str, redis: str) -> None:
    """Write users of NATS and Redis, SQL of PostgreSQL's logins, and an environment for each.

    Passwords are generated once: running it again keeps them and writes the current permissions.
    """
    addresses: dict[ServerName, str] = {"nats": nats, "postgres": postgres, "redis": redis}
    for path in write_deployment(output, addresses):
        click.echo(path)


@access.command("env")
@click.argument("identity", metavar="IDENTITY", type=click.Choice(identities()))
def show_environment(identity: str) -> None:
    """Print the addresses of IDENTITY at the running platform, passwords included.

    `reader` is for looking around, with psql for example.
    """
    found = runtime_file.missing_variables({}, [Identity(identity)])
    if not found:
        raise NoPlatform(runtime_file.find_data_directory())
    for variable in ADDRESS_VARIABLES.values():
        click.echo(f"{variable}={found[variable]}")
