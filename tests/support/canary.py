"""A private key that every orchestrator of a test session signs with, and the search for it.

Only the memory and environment of an orchestrator may hold the key. The search looks for every
form in which a key could leak, in everything that the platform writes.
"""

import base64
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import asyncpg
import redis

from tests.support.process_memory import found_in_memory

FOR_URLS: Final = bytes.maketrans(b"+/", b"-_")
CHUNK_BYTES: Final = 8 * 1024 * 1024
ROWS_PER_FETCH: Final = 1_000
PLAIN_TYPES: Final = ("text", "character varying", "character", "bytea", "jsonb", "json", "ARRAY")
DATABASES: Final = "SELECT datname FROM pg_database WHERE datallowconn"
COLUMNS: Final = """
SELECT table_schema, table_name, column_name FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
    AND data_type = ANY($1)
"""


@dataclass(frozen=True)
class Canary:
    """A key of one test session. Its representation shows the address only."""

    secret: bytes

    @classmethod
    def hatch(cls) -> Self:
        """Return a new key; its decimal form has over 70 digits, so nothing else matches it."""
        return cls(bytes([1]) + os.urandom(31))

    def __repr__(self) -> str:
        return f"Canary({self.address})"

    @property
    def key(self) -> str:
        """The key in the form of TRADEWIND_WALLET_KEY."""
        return "0x" + self.secret.hex()

    @property
    def address(self) -> str:
        """The account, checksummed."""
        # The import is slow, and only tests that sign need it.
        from eth_account import Account

        address: str = Account.from_key(self.secret).address
        return address

    @cached_property
    def forms(self) -> dict[str, bytes]:
        """Return the forms to search for, by name, without 0x because a search ignores prefixes."""
        digits = self.secret.hex()
        found = {
            "hexadecimal": digits.encode(),
            "upper-case hexadecimal": digits.upper().encode(),
            "bytes": self.secret,
            "bytes, little end first": self.secret[::-1],
            "decimal": str(int.from_bytes(self.secret)).encode(),
            "escaped bytes": b"".join(b"\\x%02x" % byte for byte in self.secret),
        }
        for name, data in (("bytes", self.secret), ("hexadecimal", digits.encode())):
            for offset in range(3):
                standard = _inner_base64(data, offset)
                found[f"base64 of {name}, offset {offset}"] = standard
                found[f"base64 for URLs of {name}, offset {offset}"] = standard.translate(FOR_URLS)
        return found

    def in_bytes(self, data: bytes) -> list[str]:
        """Return the forms that are in the data."""
        return [name for name, form in self.forms.items() if form in data]


def _inner_base64(data: bytes, offset: int) -> bytes:
    """Return the base64 digits that depend on `data` only, after `offset` other bytes."""
    first = -(-offset * 8 // 6)
    return base64.b64encode(bytes(offset) + data).rstrip(b"=")[first:-1]


def in_files(canary: Canary, directory: Path) -> Iterator[str]:
    """Search every file below a directory, and below the links directly in it."""
    overlap = max(map(len, canary.forms.values()))
    for link in directory.iterdir():
        if link.is_symlink() and link.is_dir():
            yield from in_files(canary, link.resolve())
    for path in sorted(directory.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        for form in _in_file(canary, path, overlap):
            yield f"{path}: {form}"


def _in_file(canary: Canary, path: Path, overlap: int) -> set[str]:
    found: set[str] = set()
    tail = b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                found.update(canary.in_bytes(tail + chunk))
                tail = chunk[-overlap:]
    except FileNotFoundError:
        pass  # Running servers remove files during the search.
    return found


async def in_database(canary: Canary, dsn: str) -> list[str]:
    """Search every column of text, bytes or JSON of one database."""
    connection = await asyncpg.connect(dsn)
    try:
        found = []
        for schema, table, column in await connection.fetch(COLUMNS, PLAIN_TYPES):
            if forms := await _in_column(canary, connection, f'"{schema}"."{table}"', column):
                found.append(f"{table}.{column}: {', '.join(sorted(forms))}")
        return found
    finally:
        await connection.close()


async def _in_column(
    canary: Canary, connection: asyncpg.Connection, table: str, column: str
) -> set[str]:
    found: set[str] = set()
    async with connection.transaction():
        query = f'SELECT "{column}" FROM {table} WHERE "{column}" IS NOT NULL'
        async for (value,) in connection.cursor(query, prefetch=ROWS_PER_FETCH):
            found.update(canary.in_bytes(value if isinstance(value, bytes) else _text(value)))
    return found


def _text(value: object) -> bytes:
    return str(value).encode()


def in_redis(canary: Canary, url: str) -> list[str]:
    """Search every key and what it holds."""
    found = []
    with redis.Redis.from_url(url) as client:
        keys: Any = client.scan_iter(count=ROWS_PER_FETCH)
        for key in keys:
            for form in canary.in_bytes(key + b"\n" + _held(client, key)):
                found.append(f"Redis {key!r}: {form}")
    return found


def _held(client: Any, key: bytes) -> bytes:
    match client.type(key):
        case b"string":
            parts = [client.get(key)]
        case b"hash":
            parts = [part for pair in client.hgetall(key).items() for part in pair]
        case b"list":
            parts = client.lrange(key, 0, -1)
        case b"set":
            parts = list(client.smembers(key))
        case b"zset":
            parts = client.zrange(key, 0, -1)
        case _:
            parts = [client.dump(key)]
    return b"\n".join(part or b"" for part in parts)


async def in_databases(canary: Canary, dsn: str) -> list[str]:
    """Search every database of a server."""
    connection = await asyncpg.connect(dsn)
    try:
        names = [row[0] for row in await connection.fetch(DATABASES)]
    finally:
        await connection.close()
    return [
        f"{name}: {problem}"
        for name in names
        for problem in await in_database(canary, urlsplit(dsn)._replace(path=f"/{name}").geturl())
    ]


def in_environments(canary: Canary, pids: Mapping[str, int]) -> list[str]:
    """Search the environment and command line processes were started with, by name."""
    return [
        f"{name}: {part}: {form}"
        for name, pid in pids.items()
        for part in ("environ", "cmdline")
        for form in canary.in_bytes(Path(f"/proc/{pid}/{part}").read_bytes())
    ]


def in_memories(canary: Canary, pids: Mapping[str, int]) -> list[str]:
    """Search the memory of processes, by name, for the key as it is handed to those that need it.

    The environment of a fork is nowhere else.
    """
    digits = canary.secret.hex()
    return [f"{name}: memory" for name, pid in pids.items() if found_in_memory(pid, [digits])]
