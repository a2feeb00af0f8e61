"""`tradewind tokens`: asks a token's contract what it is."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tradewind.contracts.instruments.assets import RegisteredToken
from tradewind.operations.cli.address_type import AddressType
from tradewind.operations.cli.verbs import Verbs
from tradewind.settings import TokenSettings, load
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.tokens import load_tokens

if TYPE_CHECKING:
    from tradewind.operations.cli.chain_reader import Inspection

WIDTH: Final = 12


@click.group(cls=Verbs)
def tokens() -> None:
    """Ask a contract what it is, before it is registered or when it misbehaves."""


@tokens.command("inspect")
@click.argument("address", type=AddressType())
@click.option(
    "--abi",
    "abi_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An ABI or a compiler's artifact: ask all it can tell without arguments, such as owner().",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def inspect(address: str, abi_file: Path | None, as_json: bool) -> None:
    """Show name, symbol, decimals and supply of the token at ADDRESS, and whether it is a proxy."""
    from tradewind.operations.cli.chain_reader import ERC20_ABI, ChainReader, read_abi

    settings = load(ChainSettings)
    abi = [*ERC20_ABI, *(read_abi(abi_file) if abi_file else ())]
    found = ChainReader(settings).inspect(address, abi)
    registry = load_tokens(load(TokenSettings).tokens_file)
    registered = registry.by_address(settings.chain, address)
    if as_json:
        click.echo(json.dumps(_document(address, found, registered)))
        return
    for name, value in _lines(address, found, registered):
        click.echo(f"{name:<{WIDTH}} {value}")


def _lines(
    place: str, found: "Inspection", registered: RegisteredToken | None
) -> list[tuple[str, Any]]:
    proxy = f", a proxy of {found.leads_to}" if found.leads_to else ""
    return [
        ("contract", f"{place}, {found.code_bytes:,} bytes{proxy}"),
        ("block", found.block_number),
        ("registered", _describe(found, registered)),
        *((name, _as_text(value)) for name, value in found.properties.items()),
    ]


def _describe(found: "Inspection", registered: RegisteredToken | None) -> str:
    if registered is None:
        return "no"
    told = found.properties["decimals"]
    differs = "" if told == registered.decimals else f", the contract says {told}"
    return f"as {registered.symbol} with {registered.decimals} decimals{differs}"


def _document(
    place: str, found: "Inspection", registered: RegisteredToken | None
) -> dict[str, Any]:
    from tradewind.operations.cli.chain_reader import Untold

    told = {
        name: value if isinstance(value, bool) else _as_text(value)
        for name, value in found.properties.items()
        if not isinstance(value, Untold)
    }
    return {
        "address": place,
        "block_number": found.block_number,
        "code_bytes": found.code_bytes,
        "leads_to": found.leads_to,
        "registered": None if registered is None else registered.model_dump(mode="json"),
        "properties": told,
        "untold": {name: value for name, value in found.properties.items() if name not in told},
    }


def _as_text(value: object) -> str:
    """Return bytes in hexadecimal; control characters may be escape sequences for the terminal."""
    text = f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
