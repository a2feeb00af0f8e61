"""How far groups are behind is read from pages, and a broker that tells less is not believed."""

from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from tradewind.contracts.role_model import QueueGroup
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.runtime import NatsConnection
from tradewind.runtime.broker_stats import CONSUMER_LIST_PREFIX, BrokerSilent, Lag, group_lags

PAGE = 2
GROUPS = [QueueGroup(name) for name in ("a", "b", "c", "absent")]


def consumer(name: str, number: int) -> dict[str, Any]:
    return {
        "name": name,
        "delivered": {"consumer_seq": 10 * number},
        "num_ack_pending": number,
        "num_redelivered": number - 1,
        "num_pending": 100 * number,
    }


CONSUMERS = [consumer(name, number) for number, name in enumerate(("a", "b", "c"), 1)]


class Broker:
    """Lists its consumers two at a time, or answers what it is given."""

    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self._answer = answer

    async def request(self, subject: str, body: bytes, timeout: float) -> Any:  # noqa: ASYNC109
        assert subject == f"{CONSUMER_LIST_PREFIX}.{EVENTS_STREAM}"
        assert timeout > 0
        begin = orjson.loads(body)["offset"]
        page = {"total": len(CONSUMERS), "consumers": CONSUMERS[begin : begin + PAGE]}
        return SimpleNamespace(data=orjson.dumps(self._answer or page))


def connected_to(broker: Broker) -> NatsConnection:
    return cast(NatsConnection, SimpleNamespace(client=broker))


async def test_every_page_is_read_and_who_is_on_none_is_missing() -> None:
    lags = await group_lags(connected_to(Broker()), GROUPS)
    assert lags == [Lag(100, 1, 9, 0), Lag(200, 2, 18, 1), Lag(300, 3, 27, 2), None]


async def test_a_stream_that_is_not_there_has_no_consumers() -> None:
    answer = {"error": {"code": 404, "err_code": 10_059, "description": "stream not found"}}
    assert await group_lags(connected_to(Broker(answer)), GROUPS) == [None] * len(GROUPS)


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": 503, "err_code": 10_008, "description": "temporarily unavailable"}},
        {"total": 3, "consumers": CONSUMERS[:2], "missing": ["c"]},
    ],
)
async def test_a_broker_that_does_not_know_is_silent(answer: dict[str, Any]) -> None:
    """Brokers without a leader: what is missing in their answer may exist all the same."""
    with pytest.raises(BrokerSilent):
        await group_lags(connected_to(Broker(answer)), GROUPS)
