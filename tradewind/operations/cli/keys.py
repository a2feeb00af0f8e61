"""`tradewind keys`: makes, lists, replaces and revokes the keys of the gateway's callers."""

import asyncio
import base64
import binascii
import getpass
import json
import os
import socket
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

import click
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tradewind.errors import TradewindError
from tradewind.keys.issue import KeyRefused, Request, issue, register, replacing
from tradewind.keys.key_text import KeyText
from tradewind.keys.model import Accounts, Grant, Key, KeyKind, KeyScope, Network
from tradewind.keys.seal import SealSettings, load_seal
from tradewind.keys.store import AuditEntry, KeyStore
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list
from tradewind.operations.cli.times import TIME, show_time
from tradewind.operations.cli.verbs import Verbs
from tradewind.postgres import open_pool
from tradewind.runtime import clock
from tradewind.settings import PostgresSettings, load

MAX_LISTED: Final = 1_000
MAX_OVERLAP_HOURS: Final = 24 * 90
MAX_PUBLIC_KEY_BYTES: Final = 4_096
OWNER_ONLY: Final = 0o600


class NoSuchKey(TradewindError):
    """There is no key of this id: see `tradewind keys list --all`."""

    code = "NO_SUCH_KEY"


OUTPUT_OPTION: Final = click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the key to this new file, for its owner's eyes only, instead of printing it.",
)
PUBLIC_KEY_OPTION: Final = click.option(
    "--public-key",
    type=click.File("rb"),
    help="The public key of an Ed25519 pair, as PEM or base64; nobody but you has the private one.",
)


@click.group(cls=Verbs)
def keys() -> None:
    """Create, list, show, rotate and revoke the keys of the gateway's callers."""


@keys.command("create")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in KeyKind]),
    default=KeyKind.ED25519.value,
    show_default=True,
    help="ed25519 and hmac sign each request; bearer is sent with it, and may only read.",
)
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in KeyScope]),
    multiple=True,
    default=[KeyScope.READ.value],
    show_default=True,
    help="What it may do; may be repeated.",
)
@click.option(
    "--strategy", "strategies", multiple=True, default=["*"], help="Whose strategies, by pattern."
)
@click.option(
    "--portfolio", "portfolios", multiple=True, default=["*"], help="Whose portfolios, by pattern."
)
@click.option(
    "--source", "sources", multiple=True, default=["*"], help="As which sources of signals."
)
@click.option("--from", "networks", multiple=True, help="An address or network it is used from.")
@click.option("--expires", type=TIME, help="When it ends.")
@PUBLIC_KEY_OPTION
@OUTPUT_OPTION
def create_key(
    name: str,
    kind: str,
    scopes: tuple[str, ...],
    strategies: tuple[str, ...],
    portfolios: tuple[str, ...],
    sources: tuple[str, ...],
    networks: tuple[str, ...],
    expires: datetime | None,
    public_key: Any,
    output: Path | None,
) -> None:
    """Create a key. It is shown once, on standard output, and nobody can show it again."""
    accounts = Accounts(strategies, portfolios, sources)
    grant = Grant(frozenset(map(KeyScope, scopes)), accounts, tuple(map(_network, networks)))
    request = Request(name, KeyKind(kind), grant, actor(), expires)
    key, text = _make(request, public_key)
    with _Output(output) as place:
        asyncio.run(_with_store(lambda store: store.add(key)))
        place.show(key, text)


@keys.command("list")
@click.option("--all", "with_ended", is_flag=True, help="Also those that ended.")
@limit_option(MAX_LISTED)
@JSON_LINES_OPTION
def list_keys(with_ended: bool, limit: int, as_json: bool) -> None:
    """List keys, newest first."""
    print_list(
        asyncio.run(_with_store(lambda store: store.list(with_ended=with_ended, limit=limit))),
        as_json,
        document=_document,
        headings=("id", "name", "kind", "scopes", "strategies", "portfolios", "state"),
        row=_row,
        nothing="no keys: see `tradewind keys create --help`",
    )


@keys.command("show")
@click.argument("key_id")
def show_key(key_id: str) -> None:
    """Show a key and what was done to it, as JSON."""
    key, entries = asyncio.run(_with_store(lambda store: _key_and_audit(store, key_id)))
    audit = [
        {"at": show_time(one.at), "action": one.action, "by": one.actor, "login": one.login}
        for one in entries
    ]
    click.echo(json.dumps(_document(key) | {"audit": audit}, indent=2))


@keys.command("rotate")
@click.argument("key_id")
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, MAX_OVERLAP_HOURS),
    default=24,
    show_default=True,
    help="How much longer the old key is good.",
)
@PUBLIC_KEY_OPTION
@OUTPUT_OPTION
def rotate_key(key_id: str, overlap_hours: int, public_key: Any, output: Path | None) -> None:
    """Replace a key by a new one of the same rights; the old one ends after a while."""
    old = asyncio.run(_with_store(lambda store: _find(store, key_id)))
    now = clock.now()
    if not old.is_usable(now):
        raise KeyRefused(f"the key {key_id} has ended: create another one")
    lifetime = None if old.expires_at is None else old.expires_at - old.created_at
    expires_at = None if lifetime is None else now + lifetime
    key, text = _make(Request(old.name, old.kind, old.grant, actor(), expires_at), public_key)
    until = now + timedelta(hours=overlap_hours)
    with _Output(output) as place:
        asyncio.run(_with_store(lambda store: store.replace(replacing(key, old), key_id, until)))
        place.show(key, text)
    click.echo(f"{key_id} ends at {show_time(until)} at the latest", err=True)


@keys.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """End a key and all its sessions and streams, within a second."""
    asyncio.run(_with_store(lambda store: _revoke(store, key_id)))
    click.echo(f"{key_id} is revoked")


async def _revoke(store: KeyStore, key_id: str) -> None:
    await _find(store, key_id)
    await store.revoke(key_id, actor())


async def _find(store: KeyStore, key_id: str) -> Key:
    key = await store.find(key_id)
    if key is None:
        raise NoSuchKey(f"no key has the id {key_id[:64]!r}: see `tradewind keys list --all`")
    return key


async def _key_and_audit(store: KeyStore, key_id: str) -> tuple[Key, list[AuditEntry]]:
    return await _find(store, key_id), list(await store.audit(key_id))


async def _with_store[T](work: Callable[[KeyStore], Awaitable[T]]) -> T:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=1)
    try:
        return await work(KeyStore(pool))
    finally:
        await pool.close()


def _make(request: Request, public_key: Any) -> tuple[Key, KeyText | None]:
    """Return a key, and its text unless its owner has the private key already."""
    if public_key is None:
        seal = load_seal(load(SealSettings).key_seal_file)
        return issue(request, now=clock.now(), entropy=os.urandom, seal=seal)
    if request.kind is not KeyKind.ED25519:
        raise KeyRefused(f"public-key: a key of kind {request.kind} has none")
    raw = _raw_public_key(public_key.read(MAX_PUBLIC_KEY_BYTES))
    return register(request, raw, now=clock.now(), entropy=os.urandom), None


def _raw_public_key(data: bytes) -> bytes:
    try:
        if data.startswith(b"-----BEGIN"):
            loaded = load_pem_public_key(data)
            return loaded.public_bytes_raw() if isinstance(loaded, Ed25519PublicKey) else b""
        return base64.b64decode(data.strip(), validate=True)
    except (ValueError, UnsupportedAlgorithm, binascii.Error):
        return b""


class _Output:
    """Where a new key goes. The file is made before the key is, so that no key is lost."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> "_Output":
        if self._path is not None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            self._descriptor = os.open(self._path, flags, OWNER_ONLY)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._descriptor is not None and self._path is not None:
            os.close(self._descriptor)
            if kind is not None:
                self._path.unlink(missing_ok=True)

    def show(self, key: Key, text: KeyText | None) -> None:
        """Write the key where it was asked for, and say on standard error what it is."""
        click.echo(f"created {key.key_id} ({key.kind}, {', '.join(_scopes(key))})", err=True)
        if text is None:
            click.echo(key.key_id)
        elif self._descriptor is not None:
            os.write(self._descriptor, f"{text.text}\n".encode())
        else:
            click.echo(text.text)
            click.echo("this is its secret: it is not shown again", err=True)


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise KeyRefused(f"from: {error}") from None


def actor() -> str:
    """Return who runs the command, for the audit."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user often has no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"[:128]


def _scopes(key: Key) -> list[str]:
    return sorted(key.grant.scopes)


def _state(key: Key) -> str:
    if key.revoked_at is not None:
        return f"revoked {show_time(key.revoked_at)} by {key.revoked_by}"
    if key.expires_at is None:
        return "usable"
    word = "ends" if key.is_usable(clock.now()) else "ended"
    return f"{word} {show_time(key.expires_at)}"


def _document(key: Key) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "first_key_id": key.first_key_id,
        "name": key.name,
        "kind": key.kind,
        "scopes": _scopes(key),
        "strategies": list(key.grant.accounts.strategies),
        "portfolios": list(key.grant.accounts.portfolios),
        "sources": list(key.grant.accounts.sources),
        "networks": [str(network) for network in key.grant.networks],
        "created_at": key.created_at.isoformat(),
        "created_by": key.created_by,
        "expires_at": key.expires_at and key.expires_at.isoformat(),
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(),
        "revoked_by": key.revoked_by,
    }


def _row(key: Key) -> tuple[str, ...]:
    accounts = key.grant.accounts
    return (
        *(key.key_id, key.name, key.kind, ",".join(_scopes(key))),
        *(",".join(accounts.strategies), ",".join(accounts.portfolios), _state(key)),
    )
