"""Who makes, ends and finds hooks in the database, and that an ended hook never comes back."""

import os
from datetime import UTC, datetime

import asyncpg
import pytest

from tests.integration.access.conftest import PoolOf
from tests.support.keys import owned_key
from tradewind.keys.hooks import Hook, HookRefused, HookStore, digest_of, new_hook
from tradewind.keys.model import Accounts, KeyKind, KeyScope
from tradewind.keys.store import KeyStore

REFUSED = asyncpg.InsufficientPrivilegeError


def some_hook(name: str = "chart", source: str = "tradingview") -> tuple[Hook, str]:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    return new_hook(name, source, created_by="desk", at=at, entropy=os.urandom)


async def test_a_hook_is_found_by_its_token_until_it_is_revoked(pool_of: PoolOf) -> None:
    operator, gateway = HookStore(await pool_of("operator")), HookStore(await pool_of("gateway"))
    (hook, token), (other, other_token) = some_hook(), some_hook("other")
    await operator.add(hook, token)
    await operator.add(other, other_token)
    assert await gateway.by_digest(digest_of(token)) == hook
    assert await gateway.by_digest(digest_of(token.upper())) is None
    assert await operator.revoke(hook.hook_id, "desk")
    assert not await operator.revoke(hook.hook_id, "desk")
    assert await gateway.by_digest(digest_of(token)) is None
    assert await gateway.by_digest(digest_of(other_token)) == other
    reader = HookStore(await pool_of("reader"))
    assert [one.hook_id for one in await reader.list(with_ended=False, limit=9)] == [other.hook_id]
    assert len(await reader.list(with_ended=True, limit=9)) == 2


async def test_nobody_else_reads_digests_or_changes_hooks(pool_of: PoolOf) -> None:
    operator, gateway = await pool_of("operator"), await pool_of("gateway")
    hook, token = some_hook()
    await HookStore(operator).add(hook, token)
    for pool in (operator, await pool_of("reader")):
        with pytest.raises(REFUSED):
            await pool.fetch("SELECT token_sha256 FROM hooks")
    with pytest.raises(REFUSED):
        await gateway.execute("UPDATE hooks SET revoked_at = now(), revoked_by = 'gateway'")
    await HookStore(operator).revoke(hook.hook_id, "desk")
    administrator = await pool_of("administrator")
    for change in ("revoked_at = NULL, revoked_by = NULL", "source = 'manual'"):
        with pytest.raises(REFUSED):
            await administrator.execute(f"UPDATE hooks SET {change}")
    with pytest.raises(REFUSED):
        await administrator.execute("DELETE FROM hooks")


async def test_a_key_keeps_the_sources_it_may_submit_as(pool_of: PoolOf) -> None:
    accounts = Accounts(sources=("trend*", "manual"))
    owned = owned_key(KeyKind.ED25519, KeyScope.SUBMIT, KeyScope.READ, accounts=accounts)
    await KeyStore(await pool_of("operator")).add(owned.key)
    snapshot = await KeyStore(await pool_of("gateway")).snapshot(None)
    assert snapshot.keys == {owned.key_id: owned.key}


@pytest.mark.parametrize(("name", "source"), [("a b", "x"), ("", "x"), ("a", "X"), ("a", "*")])
def test_a_hook_that_nobody_could_use_is_refused(name: str, source: str) -> None:
    with pytest.raises(HookRefused):
        some_hook(name, source)
