"""`tradewind status`: shows addresses and states of the running platform."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from tradewind.contracts.roles import Role
from tradewind.contracts.venues import VENUES, VenueKind
from tradewind.errors import TradewindError
from tradewind.operations.processes import runtime_file
from tradewind.operations.processes.alive import is_alive
from tradewind.operations.processes.runtime_file import (
    ChainStatus,
    Platform,
    ProviderStatus,
    RoleStatus,
    ServerStatus,
)

DATA_DIRECTORY_OPTION: Final = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Where the platform keeps its data. [TRADEWIND_DATA_DIR]",
)


class NoPlatform(TradewindError):
    """No platform runs on the data directory. Start one, or name that of one that runs."""

    code = "NO_PLATFORM"

    def __init__(self, directory: Path) -> None:
        super().__init__(f"no platform runs on {directory}: start one with `tradewind up`")


@click.command()
@DATA_DIRECTORY_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(data_dir: Path | None, as_json: bool) -> None:
    """Show addresses, process ids and states; exit 1 when no platform runs."""
    directory = data_dir or runtime_file.find_data_directory()
    platform = runtime_file.read_platform(directory)
    if platform is None:
        raise NoPlatform(directory)
    platform = runtime_file.without_secrets(platform)
    _note_dead(platform["roles"])
    _note_dead(platform["servers"])
    if as_json:
        click.echo(json.dumps(platform, indent=2))
    else:
        click.echo("\n".join(_lines(platform)))


def describe_chain(chain: ChainStatus) -> str:
    """Return what the platform trades on, on one line."""
    if VENUES[chain["venue"]].kind is VenueKind.PAPER:
        return "simulated"
    return f"uniswap_v3, chain {chain['chain_id']} at {chain['rpc']}, wallet {chain['wallet']}"


def describe_provider(provider: ProviderStatus) -> str:
    """Return where market data comes from, on one line."""
    return f"{provider['name']}, {provider['url']}"


def _gateway_metrics(platform: Platform) -> str:
    return next(one["metrics_url"] for one in platform["roles"] if one["role"] == Role.GATEWAY)


def _note_dead(processes: Sequence[RoleStatus | ServerStatus]) -> None:
    """Correct the states of processes that died since the supervisor wrote the file."""
    for process in processes:
        if process["state"] == "running" and not is_alive(process["pid"]):
            process["state"] = "restarting"


def _lines(platform: Platform) -> list[str]:
    addresses = {
        "gateway": platform["gateway"]["url"],
        "metrics": _gateway_metrics(platform),
        "nats": platform["nats"]["url"],
        "postgres": platform["postgres"]["dsn"],
        "redis": platform["redis"]["url"],
        "venue": describe_chain(platform["chain"]),
    }
    if "provider" in platform:
        addresses["provider"] = describe_provider(platform["provider"])
    lines = [f"platform {platform['state']}, pid {platform['pid']}, in {platform['data_dir']}"]
    lines += [f"  {name:<13}{address}" for name, address in addresses.items()]
    named = [(role["role"], role["pid"], role["state"]) for role in platform["roles"]]
    named += [(server["name"], server["pid"], server["state"]) for server in platform["servers"]]
    return lines + [f"  {name:<13}{state:<12}pid {pid}" for name, pid, state in named]
