"""`tradewind instruments`: shows the registry of instruments, and lets an operator change it."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import click
from pydantic import ValidationError

from tradewind.contracts.envelope import describe
from tradewind.contracts.instruments.changes import InstrumentChange, InstrumentRegistration
from tradewind.contracts.instruments.payloads import MAX_ACTOR_LENGTH
from tradewind.contracts.instruments.registry import InstrumentDocument, InstrumentStatus
from tradewind.operations.cli.tables import JSON_LINES_OPTION, print_list
from tradewind.operations.cli.times import show_time
from tradewind.operations.cli.trading_states import PRODUCER, in_database, user
from tradewind.operations.cli.verbs import Verbs
from tradewind.postgres import Pool
from tradewind.runtime import clock
from tradewind.settings import ChainNameSettings, InstrumentSettings, TokenSettings, load
from tradewind.trading.instruments.declared import DeclaredInstruments
from tradewind.trading.instruments.file import declared_instruments
from tradewind.trading.instruments.registrar import (
    InstrumentInvalid,
    InstrumentRegistrar,
    Signature,
)
from tradewind.trading.instruments.registry import InstrumentRegistry
from tradewind.trading.instruments.store import (
    InstrumentUnknown,
    RegisteredInstrument,
    document_of,
    read_registered,
)

WIDTH: Final = 18
AMOUNTS: Final = {
    "tick": "A price an intent names, in quote per base, is a multiple of it.",
    "lot": "An amount is a multiple of it, in whole tokens of base.",
    "min_amount": "The least amount of an intent, in whole tokens of base.",
    "max_amount": "The most of one.",
    "min_notional_usd": "The least an intent is worth in US dollars.",
    "max_notional_usd": "The most of one.",
    "max_position": "The most that all portfolios hold, in whole tokens of base.",
}
SHARES: Final = {
    "max_slippage_bps": "The most slippage an intent allows, in hundredths of a percent.",
    "max_impact_bps": "How much worse than the approved prices a plan may be.",
    "collar_bps": "How far a price may be from the reference price.",
}
LISTS: Final = {
    "aliases": ("--alias", "Another name; give it again for more."),
    "venues": ("--venue", "Where it may be traded; give it again for more."),
    "fee_tiers": ("--fee-tier", "A pool fee in hundredths of a basis point, such as 3000."),
}
CLEARABLE: Final = (*AMOUNTS, *SHARES, *LISTS)
STATUSES: Final = [status.value for status in InstrumentStatus]

type Command = Callable[..., Any]


def _bounds(command: Command) -> Command:
    """Add the options that set what the registry says of a pair."""
    for name, (option, text) in LISTS.items():
        command = click.option(option, name, multiple=True, help=text)(command)
    for name, text in reversed({**AMOUNTS, **SHARES}.items()):
        command = click.option(f"--{name.replace('_', '-')}", name, help=text)(command)
    return command


VERSION_OPTION: Final = click.option(
    "--version",
    "expected",
    type=click.IntRange(min=1),
    help="Change this version only; without, the one that is in force now.",
)


@click.group(cls=Verbs)
def instruments() -> None:
    """Show which pairs may be traded within which bounds, and change that."""


@instruments.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Those of one status only.")
@JSON_LINES_OPTION
def list_instruments(status: str | None, as_json: bool) -> None:
    """List what is registered, by key."""
    found = [
        document_of(one.instrument, one.event)
        for one in in_database(_registered).values()
        if status is None or one.instrument.status == status
    ]
    print_list(
        found,
        as_json,
        document=lambda one: one.model_dump(mode="json"),
        headings=("instrument", "status", "version", "changed", "by", "bounds"),
        row=_row,
        nothing="no instruments" if status is None else f"no instruments are {status}",
    )


@instruments.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show_instrument(name: str, as_json: bool) -> None:
    """Show the instrument of a key, an alias or a pair such as WETH/USDC."""
    registered = in_database(_registered)
    registry = InstrumentRegistry(_declared(), (one.instrument for one in registered.values()))
    found = registry.resolve(_key(name))
    if found is None:
        raise InstrumentUnknown(f"no instrument is called {name}")
    event = registered[found.key].event if found.key in registered else None
    document = document_of(found, event)
    if as_json:
        click.echo(document.model_dump_json())
        return
    for field, value in _lines(document):
        click.echo(f"{field:<{WIDTH}} {value}")


@instruments.command("register")
@click.argument("base")
@click.argument("quote")
@click.option("--chain", help="The chain of both tokens; without, the platform's.")
@click.option(
    "--status",
    type=click.Choice(STATUSES),
    default=STATUSES[0],
    show_default=True,
    help="Its status.",
)
@_bounds
def register_instrument(
    base: str, quote: str, chain: str | None, status: str, **options: Any
) -> None:
    """Register the pair of two token symbols. A pair is registered once and for good."""
    pair = {"base": base, "quote": quote, "chain": chain or load(ChainNameSettings).chain}
    wanted = _validated(InstrumentRegistration, {**pair, "status": status} | _given(options))
    registered = _asked(lambda registrar: registrar.register(wanted, _signature()))
    click.echo(f"{registered.key} is registered as {registered.status}")


@instruments.command("update")
@click.argument("name")
@click.option("--status", type=click.Choice(STATUSES), help="Its status from now on.")
@click.option(
    "--clear",
    type=click.Choice(CLEARABLE),
    multiple=True,
    metavar="FIELD",
    help="A field to empty, such as max_position; give it again for more.",
)
@VERSION_OPTION
@_bounds
def update_instrument(
    name: str, status: str | None, clear: tuple[str, ...], expected: int | None, **options: Any
) -> None:
    """Change what is said of an instrument; what is not named stays."""
    changes = _given(options) | ({} if status is None else {"status": status})
    if both := sorted(changes.keys() & set(clear)):
        raise click.UsageError(f"{both[0]} is set and cleared")
    if not changes and not clear:
        raise click.UsageError("nothing to change: see `tradewind instruments update --help`")
    _update(name, changes, clear, expected)


@instruments.command("enable")
@click.argument("name")
@VERSION_OPTION
def enable(name: str, expected: int | None) -> None:
    """Let an instrument be traded."""
    _update(name, {"status": InstrumentStatus.ENABLED}, (), expected)


@instruments.command("disable")
@click.argument("name")
@VERSION_OPTION
def disable(name: str, expected: int | None) -> None:
    """Refuse every new intent for an instrument; `tradewind halt` stops what is under way."""
    _update(name, {"status": InstrumentStatus.DISABLED}, (), expected)


@instruments.command("reduce-only")
@click.argument("name")
@VERSION_OPTION
def reduce_only(name: str, expected: int | None) -> None:
    """Take only intents that make a position smaller."""
    _update(name, {"status": InstrumentStatus.REDUCE_ONLY}, (), expected)


def _update(
    name: str, changes: Mapping[str, Any], clear: tuple[str, ...], expected: int | None
) -> None:
    said = dict.fromkeys(clear) | dict(changes)
    wanted = _validated(InstrumentChange, said)
    updated = _asked(lambda registrar: registrar.change(_key(name), wanted, _signature(), expected))
    click.echo(f"{updated.key} is {updated.status} (version {updated.version})")


def _asked[T](ask: Callable[[InstrumentRegistrar], Coroutine[Any, Any, T]]) -> T:
    """Have instruments changed; what would contradict itself is a usage error."""
    tokens = _declared().tokens
    try:
        return in_database(lambda pool: ask(InstrumentRegistrar(pool, tokens)))
    except InstrumentInvalid as error:
        raise click.UsageError(str(error)) from None


def _signature() -> Signature:
    return Signature(user()[:MAX_ACTOR_LENGTH], PRODUCER, clock.now())


def _key(name: str) -> str:
    """Return the key of a pair that is written with a slash; any other name as it is."""
    base, slash, quote = name.partition("/")
    return f"{load(ChainNameSettings).chain}-{base}-{quote}" if slash else name


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value not in (None, ())}


def _validated[M: InstrumentChange](kind: type[M], said: Mapping[str, Any]) -> M:
    try:
        return kind.model_validate(said, strict=False)
    except ValidationError as error:
        told = describe(error).replace("Value error, ", "")
        raise click.UsageError(told.removeprefix("body: ")) from None


def _declared() -> DeclaredInstruments:
    return declared_instruments(
        load(TokenSettings).tokens_file, load(InstrumentSettings).instruments_file
    )


async def _registered(pool: Pool) -> dict[str, RegisteredInstrument]:
    return await read_registered(pool)


def _row(one: InstrumentDocument) -> tuple[str, ...]:
    changed = "" if one.changed_at is None else show_time(one.changed_at)
    bounds = ", ".join(f"{name} {value}" for name, value in _bounds_of(one))
    return one.key, one.status, str(one.version), changed, one.changed_by or "", bounds


def _bounds_of(one: InstrumentDocument) -> list[tuple[str, str]]:
    written = one.model_dump(mode="json")
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name in CLEARABLE
        if (value := written.get(name)) not in (None, [])
    ]


def _lines(one: InstrumentDocument) -> list[tuple[str, str]]:
    return [
        ("instrument", one.key),
        ("status", one.status),
        ("version", f"{one.version}" if one.version else "0, as declared and not registered"),
        *(
            (side, f"{asset.symbol} {asset.address}, {asset.decimals} decimals")
            for side, asset in (("base", one.base), ("quote", one.quote))
        ),
        *_bounds_of(one),
        ("changed", "" if one.changed_at is None else show_time(one.changed_at)),
        ("by", one.changed_by or ""),
    ]
