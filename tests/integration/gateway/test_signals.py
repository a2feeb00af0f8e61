"""Signals on real servers: they come in once, and what models cost is told from what was kept."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg

from tests.integration.gateway.support import RunningGateway
from tests.settings import Settings
from tests.unit.gateway.memory_signals import SIGNAL
from tradewind.contracts.wire import format_timestamp
from tradewind.postgres import open_pool
from tradewind.trading.evaluations.telemetry import CallFilter, ModelTelemetry

SIGNAL_ID = "01M8J0V2PKC5T7R1Y0ZQ8N4XWB"


async def test_a_signal_comes_in_once_and_is_shown_at_once(running: RunningGateway) -> None:
    body = SIGNAL | {"source": "manual", "ts_utc": format_timestamp(datetime.now(UTC))}
    first = await running.client.post("/signals", json=body)
    again = await running.client.post("/api/v1/signals", json=body)
    assert (first.status_code, first.json()) == (201, again.json())
    shown = await running.client.get(f"/signals/{first.json()['signal_id']}")
    assert (shown.status_code, shown.json()["signal"]["state"]) == (200, "received")
    unknown = await running.client.post("/signals", json=body | {"source": "nobody"})
    assert unknown.status_code == 422
    for path in ("/signals", "/decisions", "/models", "/agents/llm/telemetry"):
        assert (await running.client.get(path)).status_code == 200
    hook = await running.client.post(f"/hooks/tradingview/{'0' * 64}", json=body)
    assert hook.status_code == 404


async def keep_marks(connection: asyncpg.Connection, now: datetime) -> None:
    """Keep a mark, one that was missed, and one that is not due."""
    for horizon, body, mid in ((3_600, b"{}", "2020"), (14_400, b"{}", None), (86_400, None, None)):
        gained = None if mid is None else Decimal("0.01")
        await connection.execute(
            "INSERT INTO signal_marks (signal_id, horizon_seconds, concluded_event_id, "
            "strategy_id, instrument, portfolio, coin, direction, decided_at, decided_mid, costs, "
            "due_at, body, marked_mid, signed_return, followed_paid) VALUES ($1, $2, '', '', '', "
            "'', 'ETH', 1, $3, 2000, 0.001, $3, $4, $5, $6, $7)",
            *(SIGNAL_ID, horizon, now, body, mid and Decimal(mid), gained, gained and gained > 0),
        )


async def test_what_models_cost_is_told_from_what_was_kept(settings: Settings) -> None:
    dsn, now = settings.postgres_dsn.get_secret_value(), datetime.now(UTC)
    connection = await asyncpg.connect(dsn)
    await connection.execute("INSERT INTO evaluated_signals VALUES ($1, now())", SIGNAL_ID)
    for place, (model, status, latency_ms) in enumerate(
        (("a", "ok", 100), ("b", "timeout", 3_000), ("c", None, None))
    ):
        await connection.execute(
            "INSERT INTO evaluations (signal_id, model, attempt, place, role, vendor, "
            "prompt_version, prompt_sha256, claimed_at, claimed_by, deadline, status, was_asked, "
            "answered_at, latency_ms, answer, answer_sha256, answer_bytes, tokens_in, "
            "cost_microusd) VALUES ($1, $2, 1, $3, 'voting', 'openai', 'core@1', $4, $5, 'w', $5, "
            "$6, true, $7, $8, $9, $10, $11, $12, $13)",
            *(SIGNAL_ID, model, place, bytes(32), now + timedelta(seconds=place), status),
            *(None if status is None else now, latency_ms),
            *((b'{"x": "\xff"}', bytes(32), 9, 900, 1_450) if status == "ok" else (None,) * 5),
        )
    await connection.close()
    pool = await open_pool(dsn, max_size=1)
    telemetry = ModelTelemetry(pool)
    after_all = datetime(9999, 1, 1, tzinfo=UTC), ""
    calls = await telemetry.calls(after_all, 10, CallFilter())
    assert [(one.model, one.status) for one in calls] == [
        ("c", None),
        ("b", "timeout"),
        ("a", "ok"),
    ]
    following = await telemetry.calls((calls[0].claimed_at, calls[0].name), 1, CallFilter())
    assert [one.model for one in following] == ["b"]
    summary = await telemetry.summary(now - timedelta(minutes=1))
    told = {one.model: (one.error_share, one.by_status, one.cost_microusd) for one in summary}
    assert told == {
        "a": (0.0, {"ok": 1}, 1_450),
        "b": (1.0, {"timeout": 1}, None),
        "c": (0.0, {"unanswered": 1}, None),
    }
    assert [one.latency_p95_ms for one in summary] == [100, 3_000, None]
    raw = await telemetry.raw_answer(SIGNAL_ID, "a")
    assert raw is not None
    assert (raw.text, raw.size_bytes) == ('{"x": "�"}', 9)
    assert await telemetry.raw_answer(SIGNAL_ID, "b") is None
    assert await telemetry.scores() == []
    assert await telemetry.budgets(now.date()) == []
    await pool.close()


async def test_what_the_price_became_is_told_of_a_signal(settings: Settings) -> None:
    dsn = settings.postgres_dsn.get_secret_value()
    connection = await asyncpg.connect(dsn)
    await keep_marks(connection, datetime.now(UTC))
    await connection.close()
    pool = await open_pool(dsn, max_size=1)
    marks = await ModelTelemetry(pool).marks(SIGNAL_ID)
    assert [(one.horizon_seconds, one.followed_paid, one.is_missed) for one in marks] == [
        (3_600, True, False),
        (14_400, None, True),
        (86_400, None, False),
    ]
    await pool.close()
