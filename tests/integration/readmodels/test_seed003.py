"""The views of schema seed003 have the columns and words of the seed, and what the ledger has."""

from typing import Final

import pytest

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.signal_histories import observed_signal, rejected_signal
from tradewind.contracts.decisions.model import DecisionStatus

LISTED: Final = {
    "events": "id event_id idempotency_key event_type symbol signal_direction entry_price size "
    "liquidation_price ts_utc source status feature_profile received_at enriched_at evaluated_at "
    "published_at raw_payload",
    "enriched_events": "id event_id feature_profile provider provider_version market_data ta_data "
    "levels_data derivs_data constraints data_timestamps quality_flags enriched_payload "
    "enrichment_duration_ms",
    "model_decisions": "id event_id model_name model_version prompt_version prompt_hash decision "
    "confidence entry_plan risk_plan size_pct reasons decision_payload latency_ms tokens_in "
    "tokens_out status error_code error_message raw_response",
    "dlq_entries": "id event_id stage reason_code error_message payload retry_count last_retry_at "
    "resolved_at resolution_note",
    "processing_timeline": "id event_id stage status at duration_ms details",
}
"""From the seed's summary of its schema, written down by hand; of the last one it only has the
name."""


async def test_the_columns_are_those_of_the_seed(harness: ReadModelHarness) -> None:
    rows = await harness.pool.fetch(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'seed003' ORDER BY ordinal_position"
    )
    for view, columns in LISTED.items():
        there = [row["column_name"] for row in rows if row["table_name"] == view]
        assert there == columns.split(), view


async def test_they_tell_what_the_ledger_has(harness: ReadModelHarness) -> None:
    observed, rejected = observed_signal(1), rejected_signal(2)
    waiting = observed_signal(3)[:1]
    await harness.append([*observed, *rejected, *waiting])
    events = await harness.pool.fetch("SELECT * FROM seed003.events ORDER BY event_id")
    told = {row["event_id"]: row["status"] for row in events}
    assert told == {
        observed[0].event_id: "published",
        rejected[0].event_id: "rejected",
        waiting[0].event_id: "queued",
    }
    first = next(row for row in events if row["event_id"] == observed[0].event_id)
    assert (first["symbol"], first["source"], first["size"]) == ("ETH", "trend", 0.5)
    assert first["received_at"] < first["enriched_at"] < first["evaluated_at"]
    assert first["published_at"] == observed[-1].timestamp
    assert first["feature_profile"] == "trend_follow_v1"

    (enriched,) = await harness.pool.fetch("SELECT * FROM seed003.enriched_events")
    assert (enriched["event_id"], enriched["enrichment_duration_ms"]) == (first["event_id"], 250)
    assert '"funding_hourly"' in enriched["quality_flags"]

    decisions = await harness.pool.fetch(
        "SELECT * FROM seed003.model_decisions ORDER BY model_name"
    )
    assert [(row["status"], row["error_code"]) for row in decisions] == [
        ("ok", None),
        ("timeout", "timeout"),
    ]
    assert [float(row["confidence"]) for row in decisions] == [0.72, 0.0]

    timeline = await harness.pool.fetch(
        "SELECT * FROM seed003.processing_timeline WHERE event_id = $1 ORDER BY at, stage, status",
        first["event_id"],
    )
    assert sum(row["duration_ms"] for row in timeline) == 1_000
    assert {row["stage"] for row in timeline} == {"enqueue", "enrich", "evaluate", "publish"}


@pytest.mark.parametrize(
    ("status", "word"),
    [("implausible", "invalid_json"), ("rate_limited", "provider_error"), ("timeout", "timeout")],
)
async def test_words_of_decisions_are_those_of_the_seed(
    harness: ReadModelHarness, status: str, word: str
) -> None:
    events = observed_signal(1)
    decision = events[3]
    changed = decision.payload.model_copy(update={"status": DecisionStatus(status)})
    events[3] = decision.model_copy(update={"payload": changed})
    await harness.append(events[:4])
    rows = await harness.pool.fetch("SELECT status, error_code FROM seed003.model_decisions")
    assert (word, status) in [tuple(row) for row in rows]


async def test_dead_letters_are_told_with_their_stage(harness: ReadModelHarness) -> None:
    events = observed_signal(1)[:2]
    await harness.append(events)
    insert = (
        "INSERT INTO dead_letters (dead_letter_id, queue_group, reason, error, body) "
        "VALUES ($1, $2, 'TIME_LIMIT', 'late', $3)"
    )
    await harness.pool.execute(
        insert, "evaluator-workers-7", "evaluator-workers", events[1].to_bytes()
    )
    await harness.pool.execute(insert, "desk-workers-8", "desk-workers", b"\xff")
    await harness.pool.execute(insert, "planner-workers-9", "planner-workers", b"{}")
    rows = await harness.pool.fetch("SELECT * FROM seed003.dlq_entries ORDER BY stage")
    assert [(row["stage"], row["event_id"]) for row in rows] == [
        ("evaluate", events[0].event_id),
        ("publish", None),
    ]
    assert "base64" in rows[1]["payload"]
    assert await harness.pool.fetchval("SELECT status FROM seed003.events") == "dlq"
