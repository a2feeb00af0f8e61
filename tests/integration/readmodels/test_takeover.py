"""Who takes over the writer goes on from kept states, and writes what a rebuild would write."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import pytest
from redis.exceptions import ConnectionError

from tests.integration.readmodels.harness import ReadModelHarness
from tests.integration.readmodels.test_portfolio_documents import updates
from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.records import PlacedEvent
from tradewind.readmodels.documents.from_ledger import PAGE_EVENTS
from tradewind.readmodels.documents.kept_states import (
    LIFE_SECONDS,
    Kept,
    KeptStates,
    key_of,
    parse,
    text_of,
)
from tradewind.readmodels.documents.keys import KEPT_PREFIX
from tradewind.readmodels.models.portfolio import PORTFOLIOS
from tradewind.readmodels.models.positions import FILLS_BY_STRATEGY
from tradewind.readmodels.projection import group_cache
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.redis import open_redis
from tradewind.trading.accounting import series

KEPT_EVERY = 2
STRATEGY = "demo"
KEPT = (key_of(FILLS_BY_STRATEGY, STRATEGY), key_of(PORTFOLIOS, "fund"))

Spoil = Callable[[bytes], bytes]


@pytest.fixture(autouse=True)
def kept_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep states every few events, of which few trades."""
    monkeypatch.setattr(group_cache, "KEPT_EVERY_EVENTS", KEPT_EVERY)
    monkeypatch.setattr(series, "CHUNK_TRADES", 2)
    monkeypatch.setattr(series, "KEPT_CHUNKS", 2)


def recorded() -> list[AnyEvent]:
    """Return fills of one strategy, some of them late, and what a portfolio says in between."""
    histories = [History(number, strategy_id=STRATEGY) for number in (1, 2, 5, 3, 4, 8, 9, 7, 10)]
    told = iter(updates(3 * len(histories)))
    events = []
    for history in histories:
        events += [*history.completed(fills=2), *(next(told) for _ in range(3))]
    return events


def filled(numbers: Iterable[int]) -> list[AnyEvent]:
    """Return whole histories of one strategy with one fill each."""
    histories = [History(number, strategy_id=STRATEGY) for number in numbers]
    return [event for history in histories for event in history.completed()]


async def documents(harness: ReadModelHarness) -> dict[bytes, Any]:
    """Return what Redis holds but the kept states."""
    prefix = KEPT_PREFIX.encode()
    found = await harness.snapshot()
    return {key: text for key, text in found.items() if not key.startswith(prefix)}


async def kept(harness: ReadModelHarness, key: str) -> bytes:
    """Return the bytes of a kept state."""
    text = await harness.redis.get(key)
    assert isinstance(text, bytes)
    return text


async def folded_anew(harness: ReadModelHarness) -> dict[bytes, Any]:
    """Return the documents of an empty Redis that the whole ledger is projected into."""
    await harness.redis.flushall()
    await harness.new_projector().catch_up()
    return await documents(harness)


@pytest.fixture
def groups_read(harness: ReadModelHarness, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the places of the events that are read by group, as they are read."""
    read: list[int] = []
    group = harness.recorded.group

    async def counting(*arguments: Any) -> Sequence[PlacedEvent]:
        page: Any = await group(*arguments)
        read.extend(one.global_seq for one in page)
        return page  # type: ignore[no-any-return]

    monkeypatch.setattr(harness.recorded, "group", counting)
    return read


@pytest.mark.parametrize("taken_over_every", [1, 5, 17])
async def test_a_takeover_in_the_middle_writes_what_a_rebuild_writes(
    harness: ReadModelHarness, taken_over_every: int
) -> None:
    """Given projectors that remember nothing, then documents and kept states are as folded."""
    events = recorded()
    for place in range(0, len(events), taken_over_every):
        await harness.append(events[place : place + taken_over_every])
        harness.projector = harness.new_projector()
        await harness.projector.catch_up()
    assert await harness.redis.exists(*KEPT) == len(KEPT)
    found = await Rebuild(harness.recorded, harness.redis).verify()
    assert found.is_identical
    assert await documents(harness) == await folded_anew(harness)


async def test_a_takeover_reads_only_what_came_after_the_kept_state(
    harness: ReadModelHarness, groups_read: list[int]
) -> None:
    """Given many fills before, then only a few of them are read, however many there are."""
    await harness.append(filled(range(1, 21)))
    await harness.projector.catch_up()
    assert len(groups_read) >= 20
    groups_read.clear()
    await harness.append(filled(range(21, 23)))
    await harness.new_projector().catch_up()
    assert len(groups_read) == 2
    assert (await Rebuild(harness.recorded, harness.redis).verify()).is_identical


async def test_a_long_fold_that_is_stopped_goes_on_where_it_was(
    harness: ReadModelHarness, groups_read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a writer that is killed while it folds, then the next one has less to fold."""
    await harness.append(filled(range(1, PAGE_EVENTS + 2)))
    write = harness.store.write
    monkeypatch.setattr(harness.store, "write", _killed)
    with pytest.raises(SystemError):
        await harness.projector.catch_up()
    assert len(groups_read) == PAGE_EVENTS + 1
    monkeypatch.setattr(harness.store, "write", write)
    groups_read.clear()
    await harness.new_projector().catch_up()
    assert len(groups_read) <= 1
    assert (await Rebuild(harness.recorded, harness.redis).verify()).is_identical


async def _killed(*_: object) -> int:
    raise SystemError


def _cut(text: bytes) -> bytes:
    return text[:-1]


def _flip(text: bytes) -> bytes:
    return text.replace(b"version", b"versiom")


def _other(place: int) -> Spoil:
    """Return what makes a state of another incarnation, group or code out of one."""

    def spoil(text: bytes) -> bytes:
        stated = orjson.loads(text[64:])
        stated[place] += "0"
        return _sealed(stated)

    return spoil


def _sealed(stated: Any) -> bytes:
    text = orjson.dumps(stated)
    return hashlib.sha256(text).hexdigest().encode() + text


def _unreadable(packed: Any) -> Spoil:
    """Return what seals something else in the place of a state."""
    return lambda text: _sealed([*orjson.loads(text[64:])[:-1], packed])


@pytest.mark.parametrize(
    "spoil",
    [
        *(_cut, _flip, lambda _: b"", lambda _: b"oops", *map(_other, range(4))),
        *(lambda _: hashlib.sha256(b"").hexdigest().encode(), lambda _: _sealed([])),
        *map(_unreadable, [None, 5, [], {}, {"version": "x"}, [[["", ""], [], "", []]]]),
    ],
)
async def test_what_is_not_exactly_what_was_kept_is_folded_from_the_ledger(
    harness: ReadModelHarness, spoil: Spoil
) -> None:
    events = recorded()
    await harness.write(events[:40])
    for key in KEPT:
        await harness.redis.set(key, spoil(await kept(harness, key)))
    assert not (await Rebuild(harness.recorded, harness.redis).verify()).different.keys
    await harness.append(events[40:])
    await harness.new_projector().catch_up()
    assert await documents(harness) == await folded_anew(harness)


async def test_a_state_of_events_that_the_ledger_lost_is_folded_again(
    harness: ReadModelHarness,
) -> None:
    """Given another event where its last one was, in the same incarnation, then it is not used."""
    await harness.write(filled(range(1, 4)))
    await harness.pool.execute(
        "SET session_replication_role = replica;"
        "UPDATE events SET recorded_at = recorded_at + interval '1 microsecond';"
        "RESET session_replication_role"
    )
    incarnation, *_ = orjson.loads((await kept(harness, KEPT[0]))[64:])
    states = KeptStates(harness.redis)
    found = await states.read(harness.recorded, FILLS_BY_STRATEGY, STRATEGY, incarnation)
    assert found is None


async def test_a_writer_whose_kept_state_was_dropped_folds_again(
    harness: ReadModelHarness, groups_read: list[int]
) -> None:
    """Given a rebuild that dropped what was kept, then nothing goes on from what grew out of it."""
    await harness.write(filled(range(1, 4)))
    await harness.redis.delete(*KEPT)
    groups_read.clear()
    await harness.write(filled(range(4, 7)))
    assert len(groups_read) >= 5
    assert (await Rebuild(harness.recorded, harness.redis).verify()).is_identical


async def test_a_writer_that_had_no_answer_still_knows_that_its_state_was_kept(
    harness: ReadModelHarness, groups_read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a Redis that was silent once, then what is dropped after it is noticed as well."""
    await harness.write(filled(range(1, 4)))
    before = await kept(harness, KEPT[0])
    with monkeypatch.context() as silence:
        silence.setattr(harness.redis, "set", _unanswered)
        await harness.write(filled(range(4, 7)))
    assert await kept(harness, KEPT[0]) == before
    await harness.redis.delete(*KEPT)
    groups_read.clear()
    await harness.write(filled(range(7, 10)))
    assert len(groups_read) >= 9
    assert (await Rebuild(harness.recorded, harness.redis).verify()).is_identical


async def _unanswered(*_: object, **__: object) -> None:
    raise ConnectionError


async def test_a_state_that_expired_is_folded_from_the_ledger(
    harness: ReadModelHarness, groups_read: list[int]
) -> None:
    """Given one whose life is over, then a takeover reads the past, and keeps it anew."""
    await harness.write(filled(range(1, 8)))
    assert await harness.redis.pexpireat(KEPT[0], 1)
    assert not await harness.redis.exists(KEPT[0])
    groups_read.clear()
    await harness.append(filled(range(8, 10)))
    await harness.new_projector().catch_up()
    assert len(groups_read) >= 9
    assert await harness.redis.exists(KEPT[0])
    assert (await Rebuild(harness.recorded, harness.redis).verify()).is_identical


async def test_a_state_that_few_events_change_is_kept_again_before_its_life_is_over(
    harness: ReadModelHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given less events than a state is kept for, then it lives as long after the last one."""
    (key, *_) = KEPT
    await harness.write(recorded())
    lives = [await harness.redis.ttl(one) for one in KEPT]
    assert all(LIFE_SECONDS / 2 < seconds <= LIFE_SECONDS for seconds in lives)
    await harness.redis.expire(key, LIFE_SECONDS // 2)
    monkeypatch.setattr(group_cache, "KEPT_EVERY_EVENTS", 1_000)
    harness.projector = harness.new_projector()
    await harness.write(filled([11]))
    assert await harness.redis.ttl(key) <= LIFE_SECONDS / 2
    monkeypatch.setattr(group_cache, "KEPT_AGAIN_SECONDS", 0)
    harness.projector = harness.new_projector()
    await harness.write(filled([12]))
    assert await harness.redis.ttl(key) > LIFE_SECONDS / 2


async def test_a_kept_state_unlike_the_ledger_is_found_and_dropped(
    harness: ReadModelHarness,
) -> None:
    """Given a state that looks as if it was kept, but is not what the ledger says."""
    await harness.write(recorded())
    (key, *_) = KEPT
    text = await kept(harness, key)
    incarnation, *_ = orjson.loads(text[64:])
    found = parse(FILLS_BY_STRATEGY, STRATEGY, incarnation, text)
    assert found is not None
    (pair, held), *_ = found.state.series.items()
    wrong = found.state._replace(series={**found.state.series, pair: held._replace(floor="0")})
    sealed = text_of(FILLS_BY_STRATEGY, STRATEGY, incarnation, Kept(wrong, found.recording))
    await harness.redis.set(key, sealed)
    rebuild = Rebuild(harness.recorded, harness.redis)
    assert (await rebuild.verify()).different.keys == [key]
    assert (await rebuild.repair()).different.keys == [key]
    assert not await harness.redis.exists(key)
    assert (await rebuild.verify()).is_identical


async def test_without_redis_nothing_is_kept(harness: ReadModelHarness) -> None:
    await harness.append(filled([1]))
    async with open_redis("redis://127.0.0.1:1") as nowhere:
        states = KeptStates(nowhere)
        state = FILLS_BY_STRATEGY.begin(STRATEGY)
        of = harness.recorded, FILLS_BY_STRATEGY, STRATEGY, "1"
        assert await states.write(*of, state._replace(version=1)) == 0
        assert await states.read(*of) is None
