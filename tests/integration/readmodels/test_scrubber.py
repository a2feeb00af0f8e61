"""A document its schema refuses is answered from the ledger, and put right."""

import json

import pytest

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.histories import History
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.models.plan import PLAN
from tradewind.readmodels.models.positions import POSITIONS
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.readmodels.rebuild.scrubber import Scrubber

HISTORIES = [History(number, strategy_id="alpha") for number in range(1, 9)]
INTENT_KEY = f"intent:{HISTORIES[0].intent_id}"
PLAN_KEY = f"plan:{HISTORIES[1].plan_id}"
POSITIONS_KEY = "positions:alpha"


async def go_round(harness: ReadModelHarness) -> list[str]:
    """Let a scrubber look at every key."""
    scrubber = Scrubber(harness.recorded, harness.redis)
    return [key for _ in range(20) for key in await scrubber.step()]


@pytest.fixture
async def filled(harness: ReadModelHarness) -> ReadModelHarness:
    for history in HISTORIES:
        await harness.write(history.completed())
    return harness


@pytest.mark.parametrize("damage", [b"", b"{", b"{}", b"null", b"\xff"])
async def test_what_no_schema_accepts_is_put_right(filled: ReadModelHarness, damage: bytes) -> None:
    before = await filled.snapshot()
    for key in (INTENT_KEY, PLAN_KEY, POSITIONS_KEY):
        await filled.redis.set(key, damage)
    intent = await filled.reader.read(INTENT, HISTORIES[0].intent_id)
    plan = await filled.reader.read(PLAN, HISTORIES[1].plan_id)
    positions = await filled.reader.read(POSITIONS, "alpha")
    for document, key in ((intent, INTENT_KEY), (plan, PLAN_KEY), (positions, POSITIONS_KEY)):
        assert document is not None
        assert document.model_dump_json().encode() == before[key.encode()]
    assert set(await go_round(filled)) == {INTENT_KEY, PLAN_KEY, POSITIONS_KEY}
    assert await filled.snapshot() == before
    assert await go_round(filled) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"state":"completed"', b'"state":"settled"'),
        (b'"version":9', b'"version":"9"'),
        (b'"illegal_events":0', b'"illegal_events":0,"more":1'),
        (b'"amount":"1.0"', b'"amount":1.0'),
    ],
)
async def test_a_field_out_of_its_type_is_enough(
    filled: ReadModelHarness, old: bytes, new: bytes
) -> None:
    text = await filled.redis.get(INTENT_KEY)
    assert isinstance(text, bytes)
    assert old in text
    await filled.redis.set(INTENT_KEY, text.replace(old, new))
    intent = await filled.reader.read(INTENT, HISTORIES[0].intent_id)
    assert intent is not None
    assert intent.model_dump_json().encode() == text
    assert await go_round(filled) == [INTENT_KEY]
    assert await filled.redis.get(INTENT_KEY) == text


async def test_what_the_ledger_never_heard_of_is_removed(filled: ReadModelHarness) -> None:
    before = await filled.snapshot()
    strangers = ["intent:01K00000000000000000000000", "plan:x", "positions:nobody", "intent:a b"]
    await filled.redis.mset(dict.fromkeys(strangers, b"{"))
    assert sorted(await go_round(filled)) == sorted(strangers)
    assert await filled.snapshot() == before


async def test_a_document_written_meanwhile_stays(filled: ReadModelHarness) -> None:
    """Given damage that a writer replaced after it was seen, then its document is not touched."""
    before = await filled.snapshot()
    await filled.redis.set(INTENT_KEY, b"{")

    class Slow(Scrubber):
        async def _fold(self, *arguments: object) -> bytes:
            await filled.redis.set(INTENT_KEY, before[INTENT_KEY.encode()])
            return b"{}"

    scrubber = Slow(filled.recorded, filled.redis)
    assert [key for _ in range(20) for key in await scrubber.step()] == []
    assert await filled.snapshot() == before


async def test_what_the_ledger_says_beyond_the_schema_is_kept_as_a_head(
    filled: ReadModelHarness,
) -> None:
    """Given more digits than a document may have, then only the ledger is asked about them."""
    history = History(99, strategy_id="alpha")
    fill = history.fill().model_copy(update={"amount_out": 10**70})
    await filled.write(history.events(*history.until_submitted(), fill))
    text = await filled.redis.get(POSITIONS_KEY)
    assert isinstance(text, bytes)
    assert set(json.loads(text)) == {"incarnation", "version"}
    positions = await filled.reader.read(POSITIONS, "alpha")
    assert positions is not None
    assert positions.version == json.loads(text)["version"] == 9 * 9 - 1
    assert await go_round(filled) == []
    assert (await Rebuild(filled.recorded, filled.redis).verify()).is_identical
    before = await filled.snapshot()
    await filled.redis.flushall()
    await Rebuild(filled.recorded, filled.redis).repair()
    assert await filled.snapshot() == before
