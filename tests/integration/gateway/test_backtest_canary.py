"""No simulated fill is ever seen where real ones are, and a trade's events are made when asked."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from tests.integration.backtester.test_processes import all_ended, processes, publish
from tests.integration.gateway.support import RunningGateway
from tests.settings import Settings
from tests.support.arrivals import arrive
from tests.support.backtests import kept_candles, request_of
from tests.support.histories import History
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import Pool, open_pool
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.projection.projector import Projector
from tradewind.redis import open_redis
from tradewind.simulation.trading.behaviour import STRATEGY

CANARY = STRATEGY
"""What a simulated fill would be of, if one were ever seen."""
PRODUCERS = {"intent": "gateway", "risk": "risk", "plan": "planner", "exec": "orchestrator"}
MOMENTARY = {"request_id", "as_of_sequence", "as_of"}
REAL = (
    *("/intents?limit=200", "/positions/demo", f"/positions/{CANARY}", "/live/positions"),
    *("/live/fills", f"/live/fills?strategy_id={CANARY}", "/live/blocks", "/wallets"),
    "/live/portfolio",
)


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    opened = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=2)
    yield opened
    await opened.close()


class Ledgered:
    """Records what is in the broker as the coordinator does, and projects it."""

    def __init__(self, settings: Settings, pool: Pool) -> None:
        self._settings = settings
        self._pool = pool

    async def append(self, events: Sequence[AnyEvent]) -> None:
        await Ledger(self._pool).append(arrive(events))
        redis = open_redis(self._settings.redis_url.get_secret_value())
        await Projector(LedgerReader(self._pool), DocumentStore(redis)).catch_up()
        await redis.aclose()


async def real(client: httpx2.AsyncClient) -> dict[str, Any]:
    """Return all that is said of what really happened, but how far it was looked at."""
    found = {path: (await client.get(path)).json() for path in REAL}
    return {
        path: {name: value for name, value in one.items() if name not in MOMENTARY}
        for path, one in found.items()
    }


async def published(running: RunningGateway) -> list[AnyEvent]:
    """Return every event of the broker, whoever published it."""
    jetstream = running.connection.jetstream
    last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
    bodies = [(await jetstream.get_msg(EVENTS_STREAM, one)).data for one in range(1, last + 1)]
    return [parse_event(body or b"") for body in bodies]


async def test_a_run_leaves_nothing_where_real_fills_are(
    running: RunningGateway, settings: Settings, pool: Pool, tmp_path: Path
) -> None:
    """Given a run with trades, then nothing of it is live; and the same events would be seen."""
    ledger = Ledgered(settings, pool)
    await ledger.append(History(1, strategy_id="demo").completed())
    before = await real(running.client)
    kept = kept_candles(tmp_path, 400, {"name": "ema_cross"}, record="events")
    request = request_of(kept.manifest, 1)
    await publish(running.connection, [request])
    async with processes(settings, tmp_path, ""):
        await all_ended(pool, 1)

        async def is_told() -> bool:
            return len(await published(running)) > 1

        await wait_until(is_told, "the end of the run is told")
    told = await published(running)
    assert {one.topic.partition(".")[0] for one in told} == {"backtest"}
    await ledger.append(told)
    assert await real(running.client) == before

    run_id = request.payload.run_id
    trades = (await running.client.get(f"/backtests/{run_id}/trades?outcome=filled")).json()
    shown = trades["items"][0]
    answer = await running.client.get(f"/backtests/{run_id}/trades/{shown['number']}/events")
    assert answer.headers["x-made-on-demand"] == "true"
    events = answer.json()["items"]
    check_equal(events, shown)
    await leaked(running, ledger, events, before)


def check_equal(events: Sequence[dict[str, Any]], shown: dict[str, Any]) -> None:
    """Hold the envelopes of a trade against its row, to the wei."""
    topics = [one["topic"] for one in events]
    assert len(events) == 9, topics
    assert (topics[0], topics[-1]) == ("intent.submitted", "exec.completed")
    assert {one["producer"] for one in events} == {"backtest"}
    filled, completed = events[-2]["payload"], events[-1]["payload"]
    amounts = shown["amount_in"], shown["amount_out"]
    assert (filled["cumulativeAmountIn"], filled["cumulativeAmountOut"]) == amounts
    assert (completed["amountIn"], completed["amountOut"]) == amounts


async def leaked(
    running: RunningGateway,
    ledger: Ledgered,
    events: Sequence[dict[str, Any]],
    before: dict[str, Any],
) -> None:
    """Show that it would be seen: the same events by those who may publish them."""
    parsed = [parse_event(orjson.dumps(one)) for one in events]
    forged = [
        one.model_copy(update={"producer": PRODUCERS[one.topic.partition(".")[0]]})
        for one in parsed
    ]
    await ledger.append(forged)
    after = await real(running.client)
    for path in ("/intents?limit=200", f"/positions/{CANARY}", "/live/fills"):
        assert after[path] != before[path], path
