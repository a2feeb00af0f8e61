"""Who makes, ends and reads keys in the database, and that an ended key never comes back."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from tests.integration.access.conftest import PoolOf
from tests.support.keys import owned_key
from tradewind.keys.issue import replacing
from tradewind.keys.model import Accounts, KeyKind
from tradewind.keys.store import MAX_SESSIONS_PER_KEY, KeyStore, Session
from tradewind.postgres import DatabaseUnavailable

REFUSED = asyncpg.InsufficientPrivilegeError
ENDINGS = (
    "UPDATE keys SET expires_at = now() + interval '1 day' WHERE key_id = $1",
    "UPDATE keys SET expires_at = NULL WHERE key_id = $1",
    "UPDATE keys SET revoked_at = NULL, revoked_by = NULL WHERE key_id = $1",
    "UPDATE keys SET scopes = '{read,trade,admin}' WHERE key_id = $1",
    "UPDATE keys SET strategies = '{beta}' WHERE key_id = $1",
    "UPDATE keys SET verifier = decode(repeat('00', 32), 'hex') WHERE key_id = $1",
    "DELETE FROM keys WHERE key_id = $1",
)


async def store_of(pool_of: PoolOf, who: str) -> KeyStore:
    return KeyStore(await pool_of(who))


def utc(**ago: float) -> datetime:
    return datetime.now(UTC) + timedelta(**ago)


async def test_a_key_is_read_as_it_was_made(pool_of: PoolOf) -> None:
    operator, gateway = await store_of(pool_of, "operator"), await store_of(pool_of, "gateway")
    owned = [
        owned_key(kind, accounts=Accounts(("alpha", "b*"), ("fund-1",)), expires_at=utc(days=1))
        for kind in KeyKind
    ]
    for one in owned:
        await operator.add(one.key)
    snapshot = await gateway.snapshot(None)
    assert snapshot.keys == {one.key_id: one.key for one in owned}
    assert await gateway.snapshot(snapshot) is snapshot
    reader = await store_of(pool_of, "reader")
    listed = await reader.list(with_ended=False, limit=10)
    assert {one.key_id for one in listed} == {one.key_id for one in owned}
    assert {one.verifier for one in listed} == {b""}


async def test_what_is_done_to_a_key_is_written_down_for_good(pool_of: PoolOf) -> None:
    operator = await store_of(pool_of, "operator")
    old, new = owned_key(), owned_key()
    await operator.add(old.key)
    await operator.replace(
        replacing(replace(new.key, created_by="ann@desk"), old.key), old.key_id, utc(hours=1)
    )
    assert await operator.revoke(old.key_id, "bob@desk")
    assert not await operator.revoke(old.key_id, "eve@desk")
    assert not await operator.revoke("0" * 16, "eve@desk")
    reader = await store_of(pool_of, "reader")
    done = [(one.action, one.actor, one.login) for one in await reader.audit(old.key_id)]
    assert done == [
        ("created", "tester@test", "operator"),
        ("expiry set", "ann@desk", "operator"),
        ("revoked", "bob@desk", "operator"),
    ]
    found = await reader.find(new.key_id)
    assert found is not None
    assert found.first_key_id == old.key_id
    for who in ("operator", "gateway", "administrator"):
        for change in ("UPDATE key_audit SET actor = 'x'", "DELETE FROM key_audit"):
            with pytest.raises(REFUSED):
                await (await pool_of(who)).execute(change)
    with pytest.raises(REFUSED):
        await (await pool_of("operator")).execute("INSERT INTO key_audit DEFAULT VALUES")


@pytest.mark.parametrize("who", ["operator", "administrator"])
async def test_a_key_can_only_end(pool_of: PoolOf, who: str) -> None:
    operator = await store_of(pool_of, "operator")
    owned = owned_key(expires_at=utc(hours=1))
    await operator.add(owned.key)
    await operator.revoke(owned.key_id, "me")
    pool = await pool_of(who)
    for change in ENDINGS:
        with pytest.raises(REFUSED):
            await pool.execute(change, owned.key_id)
    assert (await operator.list(with_ended=False, limit=10)) == []
    assert len(await operator.list(with_ended=True, limit=10)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT verifier FROM keys",
        "SELECT * FROM keys",
        "SELECT session_sha256 FROM key_sessions",
        "INSERT INTO key_sessions VALUES ('\\x00', 'x', now(), now())",
    ],
)
@pytest.mark.parametrize(
    "who", ["operator", "reader", "coordinator", "sweeper", "orchestrator", "treasury"]
)
async def test_what_keys_are_checked_against_is_the_gateways(
    pool_of: PoolOf, who: str, statement: str
) -> None:
    with pytest.raises(REFUSED):
        await (await pool_of(who)).execute(statement)


@pytest.mark.parametrize("who", ["gateway", "reader", "coordinator", "risk"])
async def test_only_an_operator_makes_keys(pool_of: PoolOf, who: str) -> None:
    with pytest.raises(DatabaseUnavailable) as refused:
        await (await store_of(pool_of, who)).add(owned_key().key)
    assert isinstance(refused.value.__cause__, REFUSED)


@pytest.mark.parametrize(
    "row",
    [
        ("short", "name", "ed25519", ["read"], os.urandom(32)),
        ("0" * 16, "a name", "ed25519", ["read"], os.urandom(32)),
        ("0" * 16, "name", "rsa", ["read"], os.urandom(32)),
        ("0" * 16, "name", "ed25519", [], os.urandom(32)),
        ("0" * 16, "name", "ed25519", ["all"], os.urandom(32)),
        ("0" * 16, "name", "bearer", ["read", "trade"], os.urandom(32)),
        ("0" * 16, "name", "bearer", ["trade"], os.urandom(32)),
        ("0" * 16, "name", "ed25519", ["read"], b""),
    ],
)
async def test_the_database_takes_no_key_that_is_none(pool_of: PoolOf, row: Sequence[Any]) -> None:
    pool = await pool_of("operator")
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute(
            "INSERT INTO keys (key_id, name, kind, scopes, verifier, first_key_id, strategies, "
            "portfolios, created_by) VALUES ($1, $2, $3, $4, $5, $1, '{*}', '{*}', 'me')",
            *row,
        )


async def test_sessions_open_and_end_and_the_oldest_makes_room(pool_of: PoolOf) -> None:
    operator, gateway = await store_of(pool_of, "operator"), await store_of(pool_of, "gateway")
    owned = owned_key()
    await operator.add(owned.key)
    session = Session(owned.key_id, utc(hours=1))
    digests = [bytes([number]) * 32 for number in range(MAX_SESSIONS_PER_KEY + 2)]
    before = await gateway.snapshot(None)
    for digest in digests:
        await gateway.open_session(digest, session)
    known = await gateway.snapshot(before)
    assert set(known.sessions) == set(digests[2:])
    assert set(known.sessions.values()) == {session}
    await gateway.end_session(digests[-1])
    assert set((await gateway.snapshot(known)).sessions) == set(digests[2:-1])
    await gateway.open_session(bytes(31) + b"\xff", Session(owned.key_id, utc(days=-2)))
    await gateway.open_session(bytes(31) + b"\xfe", session)
    pool = await pool_of("administrator")
    assert await pool.fetchval("SELECT count(*) FROM key_sessions WHERE expires_at < now()") == 0
