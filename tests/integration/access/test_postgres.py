"""The privileges of every login on every table, and that the ledger is append-only for all.

The table below was written by hand, from who has what to do; it is not read from the product.
S select, I insert, U update of any column, u update of some, D delete.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import asyncpg
import pytest

from tests.conftest import TEMPLATE_DATABASE
from tests.integration.access.conftest import DsnOf, PoolOf
from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind.errors import TradewindError
from tradewind.ledger.append.lease import Lease
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.graph import CorrelationGraphs
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.history.search import EventFilter, EventSearch
from tradewind.ledger.transfer.importer import import_events
from tradewind.ledger.upkeep.dead_letters import DeadLetterRequests, DeadLetters
from tradewind.ledger.upkeep.ingress import IngressJournal, Request, RequestKey
from tradewind.ledger.upkeep.set_aside import SetAside
from tradewind.ledger.upkeep.stalled import StalledHistories, StalledHistory
from tradewind.postgres import refusal_of
from tradewind.runtime import clock
from tradewind.trading.wallet.transaction_journal import TransactionJournal

LOGINS = (
    *("coordinator", "gateway", "sweeper", "orchestrator", "risk", "planner", "desk"),
    *("operator", "reader", "treasury", "portfolio", "enricher", "evaluator"),
    "historian",
    "backtester",
)
MATRIX = """
table                 coordinator  gateway  sweeper  orchestrator  risk  planner  operator  reader
alembic_version       -            -        -        -             -     -        S         S
events                SI           S        S        S             -     -        S         S
event_index           SI           S        S        S             -     -        S         S
writer                SU           S        S        S             -     -        S         S
correlation_head      SIU          S        S        S             -     -        S         S
parked                SID          S        S        -             -     -        S         S
quarantine            SI           S        S        -             -     -        S         S
dead_letters          SIU          S        S        -             -     -        S         S
dead_letter_requests  -            SI       Su       -             -     -        S         S
imports               SI           S        S        -             -     -        S         S
ingress               I            SIu      SuD      -             -     -        SI        S
sweeps                -            S        SIU      -             -     -        S         S
sweeper               -            -        Su       -             -     -        S         S
wallets               -            S        -        SIu           -     -        Su        S
steps                 -            -        -        SI            -     -        S         S
slots                 -            S        -        SIu           -     -        Su        S
generations           -            S        -        SIu           -     -        S         S
reorgs                -            -        -        SI            -     -        S         S
allowances            -            -        -        SIu           -     -        S         S
followed_events       -            -        -        SID           -     -        S         S
wallet_watches        -            -        -        SIU           -     -        S         S
paper_transactions    -            -        -        SI            -     -        S         S
decided               -            S        -        -             SI    -        S         S
keys                  -            S        -        -             -     -        Iu        -
key_sessions          -            SIuD     -        -             -     -        -         -
key_audit             -            -        -        -             -     -        S         S
key_version           -            S        -        -             -     -        S         S
hooks                 -            S        -        -             -     -        Iu        -
cancellations         -            SI       -        SI            S     S        S         S
instruments           -            SI       SIu      -             S     S        SI        S
trading_states        SIU          SIU      S        S             -     S        SIU       S
trading_gate          U            U        -        I             -     -        SU        S
risk_policies         -            SI       -        -             S     -        SI        S
risk_policy_applications -         SI       -        -             S     -        SI        S
wallet_accounts       -            S        -        -             -     -        Su        S
wallet_balances       -            S        -        -             -     -        Su        S
wallet_bookings       -            -        -        -             -     -        SI        S
wallet_drifts         -            -        -        -             -     -        SD        S
wallet_reports        -            SI       -        -             -     -        SI        S
wallet_turn           -            -        -        -             -     -        S         S
fills                 -            S        -        -             -     -        SIUD      S
entries               -            S        -        S             -     S        SIUD      S
accounts              -            S        -        -             -     -        SIUD      S
account_snapshots     -            S        -        -             -     -        SIUD      S
positions             -            S        -        -             -     -        SIUD      S
balances              -            -        -        -             -     -        SIUD      S
fill_conflicts        -            S        -        -             -     -        SI        S
portfolios            -            S        -        -             -     -        Su        S
allocations           -            S        -        S             -     S        S         S
book_cursor           -            S        -        S             -     -        S         S
portfolio_outbox      -            -        -        -             -     -        S         S
approvals             -            Su       -        -             -     -        Su        S
signal_approvals      -            Su       S        -             -     -        Su        S
signal_marks          -            S        -        -             -     -        S         S
signal_marks_turn     -            -        -        -             -     -        S         S
calibration_tables    -            S        -        -             -     -        SI        S
retro_evaluations     -            -        -        -             -     -        SI        -
evaluated_signals     -            S        -        -             -     -        S         S
evaluations           -            S        u        -             -     -        S         -
model_budgets         -            S        -        -             -     -        S         S
"""
TREASURY = {
    **dict.fromkeys(("slots", "generations", "reorgs", "allowances", "writer", "event_index"), "S"),
    **dict.fromkeys(("allocations", "balances"), "S"),
    **dict.fromkeys(("wallet_accounts", "wallet_balances", "wallet_reports"), "SIU"),
    **dict.fromkeys(("events", "book_cursor"), "S"),
    "trading_states": "SIU",
    "trading_gate": "U",
    "ingress": "I",
    "wallets": "Su",
    "wallet_bookings": "SI",
    "wallet_drifts": "SID",
    "wallet_turn": "Su",
}
"""What the treasury holds; of every other table nothing."""
PORTFOLIO = {
    **dict.fromkeys(("events", "event_index", "correlation_head", "writer", "cancellations"), "S"),
    **dict.fromkeys(("fills", "entries", "accounts", "account_snapshots", "positions"), "SIUD"),
    **dict.fromkeys(("wallets", "wallet_watches"), "S"),
    "balances": "SIUD",
    **dict.fromkeys(("risk_policies", "risk_policy_applications", "fill_conflicts"), "SI"),
    "portfolios": "SIU",
    "allocations": "SIu",
    "approvals": "SIu",
    "book_cursor": "SU",
    "portfolio_outbox": "SIUD",
    "trading_states": "SIU",
    "trading_gate": "U",
    "instruments": "S",
    "ingress": "I",
}
"""What the portfolio stage holds; of every other table nothing."""
EVALUATOR = {
    **dict.fromkeys(("decided", "evaluated_signals"), "SI"),
    "evaluations": "SIu",
    "model_budgets": "SIU",
}
"""What the evaluator holds; of every other table nothing."""
ENRICHER = {"decided": "SI"}
"""What the enricher holds; of every other table nothing."""
OTHERS = {
    "treasury": TREASURY,
    "portfolio": PORTFOLIO,
    "enricher": ENRICHER,
    "evaluator": EVALUATOR,
}
OTHERS["historian"] = dict.fromkeys(("events", "event_index", "writer"), "S")
OTHERS["backtester"] = {"decided": "SI"}
"""Beside the tables of its own schema."""
OTHERS["desk"] = {
    **dict.fromkeys(("events", "event_index", "writer", "calibration_tables"), "S"),
    "decided": "SI",
    **dict.fromkeys(("signal_approvals", "signal_marks"), "SIu"),
    "signal_marks_turn": "Su",
}
LENGTH = len(History(1).completed())
APPEND_ONLY = ("events", "event_index")
CHANGES = (
    "UPDATE {} SET event_id = event_id",
    "UPDATE {} SET global_seq = global_seq + 1",
    "DELETE FROM {}",
    "TRUNCATE {}",
)
HELD = """
SELECT c.relname, concat(
    CASE WHEN has_table_privilege($1, c.oid, 'SELECT') THEN 'S' END,
    CASE WHEN has_table_privilege($1, c.oid, 'INSERT') THEN 'I' END,
    CASE WHEN has_table_privilege($1, c.oid, 'UPDATE') THEN 'U'
        WHEN has_any_column_privilege($1, c.oid, 'UPDATE') THEN 'u' END,
    CASE WHEN has_table_privilege($1, c.oid, 'DELETE') THEN 'D' END,
    CASE WHEN has_table_privilege($1, c.oid, 'TRUNCATE') THEN 'T' END,
    CASE WHEN has_table_privilege($1, c.oid, 'REFERENCES') THEN 'R' END,
    CASE WHEN has_table_privilege($1, c.oid, 'TRIGGER') THEN 'G' END,
    CASE WHEN has_table_privilege($1, c.oid, 'MAINTAIN') THEN 'M' END
) AS held
FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""
ATTRIBUTES = """
SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
FROM pg_roles WHERE rolname = $1
"""
GROUPS = """
SELECT g.rolname FROM pg_auth_members AS m
JOIN pg_roles AS g ON g.oid = m.roleid JOIN pg_roles AS l ON l.oid = m.member
WHERE l.rolname = $1
"""


def expected(login: str) -> dict[str, str]:
    header, *rows = [line.split() for line in MATRIX.strip().splitlines()]
    if login in OTHERS:
        return {row[0]: "" for row in rows} | OTHERS[login]
    column = header.index(login)
    return {row[0]: row[column].replace("-", "") for row in rows}


@pytest.mark.parametrize("login", LOGINS)
async def test_a_login_holds_what_the_matrix_says_and_nothing_else(
    pool_of: PoolOf, login: str
) -> None:
    pool = await pool_of("administrator")
    assert dict(await pool.fetch(HELD, login)) == expected(login)
    assert await pool.fetchval(ATTRIBUTES, login) is False
    groups = [row[0] for row in await pool.fetch(GROUPS, login)]
    assert groups == [f"tradewind_{login}"]
    assert not await pool.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", login)


async def test_the_migrations_leave_nothing_to_everybody(
    pool_of: PoolOf,
) -> None:
    pool = await pool_of("administrator")
    granted = await pool.fetch(
        "SELECT privilege_type FROM pg_database, aclexplode(datacl) "
        "WHERE datname = $1 AND grantee = 0",
        TEMPLATE_DATABASE,
    )
    assert granted == []


@contextmanager
def missing_privilege() -> Iterator[None]:
    """Expect a refusal, at which a role waits for the grant and a command says what is missing."""
    with pytest.raises(TradewindError) as refused:
        yield
    assert isinstance(refused.value.__cause__, asyncpg.InsufficientPrivilegeError)
    assert refusal_of(refused.value) is not None


@pytest.mark.parametrize("login", ["administrator", *LOGINS])
@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_nobody_changes_what_is_recorded(pool_of: PoolOf, login: str, table: str) -> None:
    await record(pool_of)
    pool = await pool_of(login)
    for change in CHANGES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(change.format(table))
    owner = await pool_of("administrator")
    assert await owner.fetchval(f"SELECT count(*) FROM {table}") == LENGTH


@pytest.mark.parametrize("login", sorted(set(LOGINS) - {"coordinator"}))
async def test_only_the_coordinator_appends(pool_of: PoolOf, login: str) -> None:
    await record(pool_of)
    pool = await pool_of(login)
    later = arrive(History(2).completed())
    for table in (*APPEND_ONLY, "correlation_head", "quarantine", "dead_letters", "parked"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(f"INSERT INTO {table} DEFAULT VALUES")
    with missing_privilege():
        await Ledger(pool, 1).append(later)
    with missing_privilege():
        await Lease(pool, "thief").acquire()


@pytest.mark.parametrize("who", ["planner", "market"])
async def test_who_needs_no_database_does_not_get_in(dsn_of: DsnOf, who: str) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(dsn_of(who), password="", user="tradewind")
    with pytest.raises(
        (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)
    ):
        await asyncpg.connect(dsn_of(who), user=who, password=who)


async def test_a_wrong_password_is_refused_and_not_told(dsn_of: DsnOf) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError) as refusal:
        await asyncpg.connect(dsn_of("gateway"), password="mistaken-password")
    assert "mistaken-password" not in str(refusal.value)


async def test_a_history_is_imported_as_coordinator(pool_of: PoolOf) -> None:
    events = arrive(History(1).completed())
    with missing_privilege():
        await import_events(await pool_of("operator"), events, "test")
    imported = await import_events(await pool_of("coordinator"), events, "test")
    assert imported.appended == LENGTH


async def test_the_gateway_keeps_what_it_accepts_and_reads_what_is_recorded(
    pool_of: PoolOf,
) -> None:
    await record(pool_of)
    pool = await pool_of("gateway")
    event = History(2).completed()[0]
    key = RequestKey("local", "POST", "/intents", "key")
    journal, request = IngressJournal(pool), Request(key, hashlib.sha256(b"body").digest())
    expires_at = clock.now() + timedelta(hours=1)
    assert await journal.accept(event, request, expires_at) is None
    later = History(3).completed()[0]
    assert await journal.accept(later, request, expires_at) == event.to_bytes()
    assert await journal.find(event.event_id) == event.to_bytes()
    reader = LedgerReader(pool)
    assert len(await reader.history(History(1).correlation_id)) == LENGTH
    assert await DeadLetters(pool).page() == []
    requests = DeadLetterRequests(pool)
    assert await requests.keep("planner-workers-1", "resolve", "done", "key")
    assert not await requests.keep("planner-workers-1", "resolve", "again", "other key")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE dead_letter_requests SET done_at = now()")
    assert await SetAside(pool).parked() == []
    assert await SetAside(pool).quarantined() == []
    assert await StalledHistories(pool).all(0) == []
    assert await CorrelationGraphs(pool).graph(History(1).correlation_id) is not None
    assert len(await EventSearch(pool).page(EventFilter())) == LENGTH
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE ingress SET recorded_at = now()")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE ingress SET body = ''")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE ingress SET idempotency_key = NULL")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("DELETE FROM ingress")


async def test_the_sweeper_sweeps_and_settles(pool_of: PoolOf) -> None:
    await record(pool_of, 4)
    pool = await pool_of("sweeper")
    histories = StalledHistories(pool)
    assert await histories.try_turn(0)
    (stalled,) = await histories.due(0, 3, 10)
    assert isinstance(stalled, StalledHistory)
    assert await histories.baton(stalled.correlation_id) is not None
    await histories.note_sweep(stalled)
    journal = IngressJournal(pool)
    await journal.settle_recorded(0)
    assert await journal.pending(0, 10) == []
    await journal.note_relayed("none")
    assert await DeadLetterRequests(pool).pending(1) == []
    await pool.execute("UPDATE dead_letter_requests SET done_at = now()")
    await journal.forget(0, 10)


async def test_the_orchestrator_keeps_its_journal_and_sees_no_ingress(pool_of: PoolOf) -> None:
    pool = await pool_of("orchestrator")
    journal = TransactionJournal(pool, 31_337, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
    await journal.register(5)
    await journal.halt("test")
    assert (await journal.wallet()).halted_reason == "test"
    for table in ("ingress", "dead_letters"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.fetch(f"SELECT * FROM {table}")
    # It reads which life of the database this is, and cannot begin another one.
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE writer SET commits = commits")


async def test_an_operator_lets_a_wallet_go_on_and_signs_nothing(pool_of: PoolOf) -> None:
    address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    owner = await pool_of("orchestrator")
    await TransactionJournal(owner, 31_337, address).register(5)
    await TransactionJournal(owner, 31_337, address).halt("test")
    pool = await pool_of("operator")
    journal = TransactionJournal(pool, 31_337, address)
    assert (await journal.resume(7)).next_nonce == 7
    assert not await journal.request_cancel(5, "operator")
    for table in ("steps", "slots", "generations"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(f"INSERT INTO {table} DEFAULT VALUES")


async def record(pool_of: PoolOf, length: int = LENGTH) -> None:
    """Append a history as the coordinator does: under a lease, and the first event last."""
    pool = await pool_of("coordinator")
    position = await Lease(pool, "test").acquire()
    assert position is not None
    events = arrive(History(1).completed()[:length])
    ledger = Ledger(pool, position.epoch)
    assert (await ledger.append(events[1:])).parked == length - 1
    assert len((await ledger.append(events[:1])).appended) == length
