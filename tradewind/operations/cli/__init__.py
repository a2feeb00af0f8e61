"""The command `tradewind`: each subcommand is a module that calls code elsewhere to do the work."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import click

from tradewind.errors import ConfigurationError, TradewindError
from tradewind.operations.cli.identity import identity_of
from tradewind.operations.cli.tables import printable
from tradewind.operations.processes import runtime_file

CONFIGURATION_EXIT_CODE: Final = 2
COMMANDS: Final = {
    "up": "Run the whole platform on this machine.",
    "status": "Tell addresses, process ids and states of the running platform.",
    "demo": "Send a mix of intents to the running platform and show what happens.",
    "worker": "Run and supervise processes of one or more roles.",
    "gateway": "Run the gateway: REST and WebSocket.",
    "migrate": "Bring the database to the current schema.",
    "access": "Write a deployment's logins, or print those of one identity.",
    "keys": "Create, list, show, rotate and revoke the keys of the gateway's callers.",
    "hooks": "Create, list and revoke the addresses that charts send their alerts to.",
    "halt": "Stop trading, everywhere or in a scope, until it is resumed or a time comes.",
    "resume": "Let trading go on in a scope.",
    "risk": "Show trading states, locks and limits that are in force.",
    "provision": "Make schema, logins and streams what they have to be.",
    "replay": "Print the history of a correlation, event by event.",
    "explain": "Show what became of an intent hop by hop, and what was read for it.",
    "rebuild": "Compare read models with the ledger and repair what differs.",
    "redecide": "Decide again what roles decided, and print what would differ.",
    "history": "Export histories to a file, and import such a file for inspection.",
    "stalled": "List histories that stand still.",
    "parked": "List events that wait for their predecessor.",
    "quarantine": "List and show what the ledger refused.",
    "approvals": "Show intents that wait for a person, approve or deny one.",
    "signals": "Show signals that wait for a person, answer one; what models are worth.",
    "limits": "Check, compare, apply and show the limits of risk.",
    "portfolio": "Show, close and fund portfolios, and hold their accounts against the ledger.",
    "wallet": "Show the wallet's transactions and balances, cancel one, resume a halted wallet.",
    "data": "Import, fetch, list, show, check and export the history that back-tests read.",
    "instruments": "Show which pairs may be traded within which bounds, and change that.",
    "tokens": "Ask a contract what it is, before it is registered or when it misbehaves.",
    "dlq": "List, show, retry and resolve dead letters.",
    "devchain": "Run, show, mine and reorganise a local chain with Uniswap V3.",
    "new": "Begin a strategy of your own.",
    "contracts": "Write or check the generated contracts.",
}
"""Every command, in the order of its help. Module and function are named like the command."""
OWN_ADDRESSES: Final = frozenset(
    {"up", "status", "worker", "access", "devchain", "new", "contracts"}
)
"""Commands that find the running platform's addresses themselves, or must not get them."""

WORDS: Final = "tradewind.words"


class Commands(click.Group):
    """Finds a subcommand by name; help is shown without importing any of them."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Keep the command line, because click has consumed it when a subcommand runs."""
        context.meta[WORDS] = tuple(arguments)
        return super().parse_args(context, arguments)

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of the commands whose module is installed."""
        return [name for name in COMMANDS if find_spec(f"{__name__}.{name}")]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command, None when there is none of that name."""
        if name not in self.list_commands(context):
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{name}"), name)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(context)])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tradewind")
@click.pass_context
def command_line(context: click.Context) -> None:
    """Tradewind turns trading signals into settled on-chain positions.

    Commands use the platform that `tradewind up` runs, unless TRADEWIND_NATS_URL,
    TRADEWIND_POSTGRES_DSN and TRADEWIND_REDIS_URL name other servers.
    """
    command = context.invoked_subcommand or ""
    if command not in OWN_ADDRESSES:
        runtime_file.export_addresses(os.environ, identity_of(command, context.meta[WORDS]))


def main() -> None:
    """Run the command line. An error is printed as one line; a wrong setting exits with 2."""
    try:
        command_line()
    except ConfigurationError as error:
        _fail(error, CONFIGURATION_EXIT_CODE)
    except TradewindError as error:
        refusal = _refusal_of(error)
        _fail(refusal or error, CONFIGURATION_EXIT_CODE if refusal else 1)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}", 1)
    except Exception as error:
        refusal = _refusal_of(error)
        if refusal is None:
            raise
        _fail(refusal, CONFIGURATION_EXIT_CODE)


def _refusal_of(error: Exception) -> ConfigurationError | None:
    """Return what a database means that refuses; None for any other error."""
    # The driver takes a while to import, and most commands succeed.
    from tradewind.postgres import refusal_of

    return refusal_of(error)


def _fail(error: TradewindError | str, exit_code: int) -> None:
    """Print an error without what moves a terminal's cursor: it may quote a file or an event."""
    text = "\n".join(map(printable, f"tradewind: {error}".splitlines()))
    click.echo(text, err=True)
    sys.exit(exit_code)
