"""Trading states: a row that is in force at once, and its event, in one transaction."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tests.integration.halts.conftest import change, enter, put, worst
from tests.support.arrivals import arrive
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.system.trading_states import EVERYTHING, Scope, TradingState
from tradewind.failpoints import ACTIONS, InjectedFault
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.upkeep.ingress import IngressJournal
from tradewind.ledger.upkeep.stalled import StalledHistories
from tradewind.postgres import Pool
from tradewind.trading.halts import changes
from tradewind.trading.halts.changes import Changed, tighten_state
from tradewind.trading.halts.errors import (
    InvalidChange,
    StateChanged,
    StateLoosened,
    TooManyChanges,
)
from tradewind.trading.halts.gate import Gate, Passage
from tradewind.trading.halts.records import StateChange, history_of
from tradewind.trading.halts.scopes import NOTHING_IN_FORCE
from tradewind.trading.halts.store import apply_states, read_states

ACTIVE, REDUCING, HALTED = TradingState
FUND = "portfolio:fund"


def later(**delta: float) -> datetime:
    return datetime.now(UTC) + timedelta(**delta)


async def kept_events(owner: Pool) -> list[AnyEvent]:
    """Return the events that the relay will publish."""
    return [parse_event(one.body) for one in await IngressJournal(owner).pending(0, 1_000)]


async def test_a_change_is_in_force_and_its_event_is_kept(pool: Pool, owner: Pool) -> None:
    changed = await put(pool, change(FUND, reason="drift"))
    found = await worst(pool, "everything", FUND)
    assert (found.state, found.scope, found.reason) == (HALTED, Scope.parse(FUND), "drift")
    assert await kept_events(owner) == [changed.event]
    assert changed.event is not None
    payload = changed.event.payload
    assert (payload.scope, payload.state, payload.by) == (Scope.parse(FUND), HALTED, "ada")
    (state,) = await read_states(pool)
    assert state == changed.state
    assert state.since == changed.event.timestamp


async def test_a_change_that_fails_before_its_commit_leaves_nothing(
    pool: Pool, owner: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise InjectedFault

    with monkeypatch.context() as broken:
        broken.setitem(ACTIONS, changes.CHANGED, fail)
        with pytest.raises(InjectedFault):
            await put(pool, change(FUND))
    assert (await worst(pool, FUND), await kept_events(owner)) == (NOTHING_IN_FORCE, [])
    changed = await put(pool, change(FUND))
    assert await kept_events(owner) == [changed.event]


async def test_the_history_of_a_scope_is_its_versions(pool: Pool, owner: Pool) -> None:
    """Given changes by many at once, then the ledger has one history, which never stalls."""
    wanted = [change(FUND, reason=f"reason {number}") for number in range(8)]
    changes = await asyncio.gather(*(put(pool, one) for one in wanted))
    assert sorted(one.state.version for one in changes) == list(range(1, 9))
    events = sorted(await kept_events(owner), key=lambda event: -event.sequence)
    result = await Ledger(owner).append(arrive(events))
    assert not result.quarantined
    recorded = await LedgerReader(owner).history(history_of(Scope.parse(FUND)))
    assert [one.event.sequence for one in recorded] == list(range(1, 9))
    newest = max(changes, key=lambda one: one.state.version)
    assert await read_states(pool) == [newest.state]
    assert await StalledHistories(owner).all(-1) == []


async def test_what_is_in_force_already_is_not_changed_again(pool: Pool, owner: Pool) -> None:
    first = await put(pool, change("everything"))
    again = await put(pool, replace(change("everything"), by="bob"))
    assert again == Changed(first.state, None)
    assert len(await kept_events(owner)) == 1


async def test_only_the_expected_version_is_changed(pool: Pool) -> None:
    with pytest.raises(StateChanged, match="version 0, not 1"):
        await put(pool, change(FUND), expected_version=1)
    await put(pool, change(FUND), expected_version=0)
    with pytest.raises(StateChanged, match="version 1, not 0"):
        await put(pool, change(FUND, ACTIVE), expected_version=0)
    await put(pool, change(FUND, ACTIVE), expected_version=1)
    assert await worst(pool, FUND) == NOTHING_IN_FORCE


async def test_the_worst_of_all_scopes_counts_and_a_lock_goes_last(pool: Pool) -> None:
    pair = "ethereum-WETH-USDC"
    scopes = ("everything", FUND, f"instrument:{pair}", f"lock:fund:{pair}")
    await put(pool, change(FUND, REDUCING))
    assert (await worst(pool, *scopes)).scope == Scope.parse(FUND)
    await put(pool, change(f"lock:fund:{pair}", reason="a loss", until=later(hours=1)))
    locked = await worst(pool, *scopes)
    assert locked.is_lock
    assert str(locked) == f"lock:fund:{pair} is locked: a loss"
    await put(pool, change(f"instrument:{pair}"))
    assert str(await worst(pool, *scopes)) == f"instrument:{pair} is halted: maintenance"
    assert await worst(pool, "everything", "portfolio:other") == NOTHING_IN_FORCE


async def test_a_state_ends_by_the_clock_of_the_database(pool: Pool) -> None:
    await put(pool, change("everything", until=later(seconds=1)))
    assert (await worst(pool, "everything")).state is HALTED

    async def is_over() -> bool:
        return await worst(pool, "everything") == NOTHING_IN_FORCE

    await wait_until(is_over, "the halt to end")
    assert await read_states(pool) == []
    (past,) = await read_states(pool, with_past=True)
    assert (past.state, past.is_in_force) == (HALTED, False)
    again = await put(pool, change("everything"), only_tightens=True)
    assert again.state.version == past.version + 1


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        (change(FUND, until=later(hours=-1)), "within the next"),
        (change(FUND, until=later(days=400)), "within the next"),
        (change(FUND, ACTIVE, until=later(hours=1)), "needs no end"),
        (change(FUND, until=later(hours=1), needs_person=True), "does not end by itself"),
        (change("lock:ethereum-WETH-USDC"), "a lock needs an end"),
    ],
)
async def test_a_change_that_contradicts_itself_leaves_nothing(
    pool: Pool, owner: Pool, wanted: StateChange, complaint: str
) -> None:
    with pytest.raises(InvalidChange, match=complaint):
        await put(pool, wanted)
    assert await read_states(pool, with_past=True) == []
    assert await kept_events(owner) == []


async def test_who_may_only_tighten_lifts_nothing(pool: Pool) -> None:
    until = later(hours=1)
    await put(pool, change(FUND, REDUCING, until=until), only_tightens=True)
    for looser in (
        change(FUND, ACTIVE),
        change(FUND, REDUCING, until=until - timedelta(minutes=1)),
        change(FUND, HALTED, until=until - timedelta(minutes=1)),
    ):
        with pytest.raises(StateLoosened):
            await put(pool, looser, only_tightens=True)
    await put(pool, change(FUND, HALTED, until=until), only_tightens=True)
    await put(pool, change(FUND, HALTED), only_tightens=True)
    await put(pool, change(FUND, HALTED, needs_person=True))
    with pytest.raises(StateLoosened):
        await put(pool, change(FUND, HALTED, reason="another"), only_tightens=True)
    await put(pool, change(FUND, ACTIVE))


async def test_a_rule_adds_to_what_is_in_force(pool: Pool, owner: Pool) -> None:
    """Given a halt for an hour, then a loss that only stops buying keeps both, for good."""

    async def tighten(wanted: StateChange) -> Changed:
        async with pool.acquire() as connection, connection.transaction():
            return await tighten_state(connection, wanted, "portfolio")

    await put(pool, change(FUND, HALTED, until=later(hours=1)))
    loss = change(FUND, REDUCING, reason="daily loss", needs_person=True)
    tightened = (await tighten(loss)).state
    assert (tightened.state, tightened.until, tightened.needs_person) == (HALTED, None, True)
    assert (await tighten(loss)).event is None
    assert len(await kept_events(owner)) == 2


async def test_a_restored_database_gets_later_states_back(pool: Pool, owner: Pool) -> None:
    """Given states that were changed after the backup, then their events put them right again."""
    changes = [await put(pool, change(FUND)), await put(pool, change("venue:simulated"))]
    changes += [await put(pool, change(FUND, ACTIVE)), await put(pool, change(FUND, REDUCING))]
    last = await read_states(pool)
    await owner.execute("DELETE FROM trading_states WHERE kind = 'venue'")
    await owner.execute("UPDATE trading_states SET state = 'active', version = 1")
    events = [one.event for one in changes if one.event is not None]
    recorded = (await Ledger(owner).append(arrive(events))).appended
    for _ in range(2):
        async with owner.acquire() as connection, connection.transaction():
            await apply_states(connection, recorded)
        assert await read_states(pool) == last


async def test_of_two_states_with_one_version_the_worse_stands(pool: Pool, owner: Pool) -> None:
    """Given a command that was answered before the restored ledger had the halt it replaced."""
    halt = await put(pool, change(FUND))
    await owner.execute("DELETE FROM trading_states")
    await owner.execute("DELETE FROM ingress")
    await put(pool, change(FUND, REDUCING))
    assert halt.event is not None
    recorded = (await Ledger(owner).append(arrive([halt.event]))).appended
    async with owner.acquire() as connection:
        await apply_states(connection, recorded)
    assert (await worst(pool, FUND)).state is HALTED


async def test_a_history_that_is_full_says_so(pool: Pool, owner: Pool) -> None:
    await put(pool, change(FUND))
    await owner.execute("UPDATE trading_states SET version = 65535")
    with pytest.raises(TooManyChanges, match="65535"):
        await put(pool, change(FUND, ACTIVE))


async def _hold_as(owner: Pool, role: str) -> None:
    async with owner.acquire() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL ROLE {role}")
        await enter(Gate(), connection, Passage((EVERYTHING,)))


async def test_only_who_may_change_states_can(signing: Pool, owner: Pool) -> None:
    assert await worst(signing, "everything") == NOTHING_IN_FORCE
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await put(signing, change("everything"))
    for role in ("tradewind_risk", "tradewind_planner", "tradewind_sweeper"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _hold_as(owner, role)
    assert await read_states(signing, with_past=True) == []
