"""Who writes documents and hints, who reads them, and that everybody else is kept out.

The tables below were written by hand, from who has what to do; they are not read from the product.
"""

from collections.abc import Iterator

import pytest
import redis
import redis.asyncio
from redis.exceptions import AuthenticationError, NoPermissionError, ResponseError
from structlog.testing import capture_logs

from gateway.limits.buckets import RedisBuckets
from gateway.limits.policy import Charge, Policy
from tests.integration.access.conftest import PoolOf
from tests.integration.access.test_postgres import record
from tests.support.histories import History
from tradewind.contracts.roles import Role
from tradewind.ledger.append.hints import Fingerprint, Hints
from tradewind.ledger.history.reader import LedgerReader
from tradewind.operations.access.identities import Identity
from tradewind.operations.access.redis_users import rules_of
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import open_pool
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.projection import group_cache
from tradewind.readmodels.projection.projector import Projector
from tradewind.readmodels.reader import ReadModelReader
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.redis import open_redis

DOCUMENTS = ("intent:1", "plan:1", "positions:1", "projection", "rebuild")
READERS = ("coordinator", "gateway", "operator", "reader")
WRITERS = ("coordinator", "operator")
SCRIPT_REFUSED = "ACL failure in script"
DANGEROUS = (
    ("FLUSHALL",),
    ("FLUSHDB",),
    ("CONFIG", "GET", "*"),
    ("KEYS", "*"),
    ("ACL", "LIST"),
    ("SHUTDOWN",),
    ("RENAME", "intent:1", "intent:2"),
    ("SCRIPT", "FLUSH"),
    ("MONITOR",),
    ("PUBLISH", "channel", "x"),
    ("SAVE",),
    ("REPLICAOF", "NO", "ONE"),
)


def client_of(servers: Servers, who: str) -> redis.Redis:
    return redis.Redis.from_url(servers.url("redis", Identity(who)))


def is_refused(client: redis.Redis, *command: str) -> bool:
    try:
        client.execute_command(*command)  # type: ignore[no-untyped-call]
    except NoPermissionError:
        return True
    except ResponseError as error:
        return SCRIPT_REFUSED in str(error)
    return False


@pytest.mark.parametrize("who", READERS)
def test_everybody_with_a_login_reads_documents(servers: Servers, redis_url: str, who: str) -> None:
    with client_of(servers, who) as client:
        assert not [key for key in DOCUMENTS if is_refused(client, "GET", key)]
        assert not is_refused(client, "MGET", *DOCUMENTS)
        assert not is_refused(client, "ZREVRANGEBYLEX", "intents:1:*:*", "+", "-")
        assert not is_refused(client, "ZLEXCOUNT", "intents:1:*:*", "-", "+")


@pytest.mark.parametrize("who", READERS)
def test_only_who_projects_writes_documents(servers: Servers, redis_url: str, who: str) -> None:
    script = "return redis.call('SET', KEYS[1], ARGV[1])"
    hidden = "return redis.call('SET', 'intent:1', 'x')"
    attempts = [
        *(("SET", key, "x") for key in DOCUMENTS),
        *(("DEL", key) for key in DOCUMENTS),
        ("EVAL", script, "1", "intent:1", "x"),
        ("EVAL", hidden, "0"),
        ("ZADD", "intents:1:*:*", "0", "x"),
    ]
    with client_of(servers, who) as client:
        refused = [attempt for attempt in attempts if is_refused(client, *attempt)]
    assert refused == ([] if who in WRITERS else attempts)


@pytest.mark.parametrize("who", READERS)
def test_only_the_coordinator_has_to_do_with_hints(
    servers: Servers, redis_url: str, who: str
) -> None:
    hidden = "return redis.call('SET', 'seen:1:1', 'done:1')"
    attempts = (("GET", "seen:1:1"), ("SET", "seen:1:1", "x"), ("EVAL", hidden, "0"))
    with client_of(servers, who) as client:
        refused = [is_refused(client, *attempt) for attempt in attempts]
    assert set(refused) == {who != "coordinator"}


@pytest.mark.parametrize("who", READERS)
def test_only_the_gateway_counts_requests(servers: Servers, redis_url: str, who: str) -> None:
    script = "return redis.call('SET', KEYS[1], ARGV[1])"
    attempts = (
        ("GET", "limit:intents:key"),
        ("SET", "limit:intents:key", "1"),
        ("EVAL", script, "1", "limit:intents:key", "1"),
        ("SET", "nonce:key:1", "1", "NX", "PX", "1000"),
    )
    with client_of(servers, who) as client:
        refused = [is_refused(client, *attempt) for attempt in attempts]
    assert set(refused) == {who != "gateway"}


async def test_the_gateway_charges_buckets_and_no_document(
    servers: Servers, redis_url: str
) -> None:
    policy = Policy("intents", 2)
    async with open_redis(servers.url("redis", Identity(Role.GATEWAY))) as client:
        buckets = RedisBuckets(client)
        charged = [await buckets.charge([Charge(policy, "key")]) for _ in range(3)]
        assert [bool(one.wait_us) for (one,) in charged] == [False, False, True]
    with client_of(servers, "gateway") as other:
        for forbidden in (
            ("DEL", "limit:x"),
            ("INCR", "limit:x"),
            ("SCAN", "0"),
            ("SET", "x", "1"),
        ):
            assert is_refused(other, *forbidden)


@pytest.mark.parametrize("who", READERS)
def test_nobody_may_do_what_none_of_them_has_to(servers: Servers, redis_url: str, who: str) -> None:
    elsewhere = (("GET", "other"), ("SET", "other", "x"))
    with client_of(servers, who) as client:
        allowed = [one for one in (*DANGEROUS, *elsewhere) if not is_refused(client, *one)]
    assert allowed == []


@pytest.mark.parametrize(
    "who", ["risk", "planner", "orchestrator", "market", "sweeper", "treasury", "enricher"]
)
def test_who_needs_no_cache_does_not_get_in(servers: Servers, who: str) -> None:
    with client_of(servers, who) as client, pytest.raises(AuthenticationError):
        client.ping()


def test_the_default_user_and_wrong_passwords_are_refused(servers: Servers) -> None:
    address = servers.processes["redis"].service.address
    for user in ("", "default:x@", "gateway:x@", "tradewind:x@"):
        client = redis.Redis.from_url(address.replace("://", f"://{user}"))
        with client, pytest.raises(AuthenticationError):
            client.get("intent:1")


async def test_the_coordinator_claims_and_marks_hints(servers: Servers, redis_url: str) -> None:
    async with open_redis(servers.url("redis", Identity(Role.COORDINATOR))) as client:
        fingerprints = [Fingerprint(event.event_id, bytes(32)) for event in History(1).completed()]
        hints = Hints(client)
        assert await hints.claim("1", fingerprints, 1) == set()
        await hints.mark_done("1", fingerprints)
        assert len(await hints.claim("1", fingerprints, 1)) == len(fingerprints)


async def test_read_models_are_projected_read_compared_and_repaired(
    servers: Servers, redis_url: str, pool_of: PoolOf
) -> None:
    """Given the coordinator's documents, then the gateway needs no ledger to answer from them."""
    await record(pool_of)
    caches = {who: open_redis(servers.url("redis", Identity(who))) for who in READERS}
    ledger = LedgerReader(await pool_of("coordinator"))
    await Projector(ledger, DocumentStore(caches["coordinator"])).catch_up()
    nobodys = await open_pool("postgresql://nobody@127.0.0.1:9/none")
    cached = ReadModelReader(caches["gateway"], LedgerReader(nobodys))
    (listed,) = (await cached.page(INTENT)).items
    assert await cached.read(INTENT, listed.intent_id) == listed
    assert await cached.count(INTENT, [{"state": listed.state}]) == 1
    operated = Rebuild(LedgerReader(await pool_of("operator")), caches["operator"])
    assert (await operated.verify()).is_identical
    await caches["operator"].delete(f"intent:{listed.intent_id}")
    assert not (await operated.verify()).is_identical
    await operated.repair()
    assert await cached.read(INTENT, listed.intent_id) == listed
    assert (await Rebuild(ledger, caches["coordinator"]).repair()).is_identical
    for cache in caches.values():
        await cache.aclose()
    await nobodys.close()


@pytest.fixture
def older_coordinator(servers: Servers, redis_url: str) -> Iterator[str]:
    """Return the address of a coordinator with the rights it had before states were kept."""
    rules = [one for one in rules_of(Identity(Role.COORDINATOR)) if one != "~kept:*"]
    address = servers.processes["redis"].service.address
    with client_of(servers, Identity.ADMINISTRATOR) as administrator:
        administrator.execute_command("ACL", "SETUSER", "older", "on", ">older", *rules)
        yield address.replace("://", "://older:older@")
        administrator.execute_command("ACL", "DELUSER", "older")


async def test_who_may_not_keep_states_says_so_once_and_projects_all_the_same(
    servers: Servers,
    redis_url: str,
    pool_of: PoolOf,
    older_coordinator: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given an access list of before, then a warning says what it lacks; documents are right."""
    monkeypatch.setattr(group_cache, "KEPT_EVERY_EVENTS", 1)
    await record(pool_of)
    ledger = LedgerReader(await pool_of("coordinator"))
    async with open_redis(older_coordinator) as cache:
        store = DocumentStore(cache)
        with capture_logs() as said:
            await Projector(ledger, store).catch_up()
            await Projector(ledger, store).catch_up()
            found = await Rebuild(ledger, cache).verify()
    assert found.is_identical
    of_store = [one for one in said if one["event"] == "may not keep states in Redis"]
    assert [(one["log_level"], one["key"]) for one in of_store] == [("warning", "kept:*")] * 2
    with client_of(servers, Identity.ADMINISTRATOR) as administrator:
        assert administrator.keys("kept:*") == []
