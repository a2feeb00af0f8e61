"""What brokers without a leader refuse is not wrong for good, so nobody ends for it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import APIError, NotFoundError

from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.runtime import NatsConnection, declare_streams
from tradewind.runtime.connection import NOT_YET, ClusterNotReady
from tradewind.runtime.consumers import ConsumerDrift, ConsumerSpec, declare_consumer
from tradewind.runtime.streams import NO_STORE, StreamDrift, StreamsMissing

SPEC = ConsumerSpec(EVENTS_STREAM, "risk-workers", 1_000)
WRONG = 10_052


class RefusingJetStream:
    """Knows nothing, and refuses to make anything."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def stream_info(self, _: str) -> Any:
        raise NotFoundError(code=404)

    async def consumer_info(self, *_: str) -> Any:
        raise NotFoundError(code=404)

    async def add_stream(self, _: Any) -> Any:
        raise self._error

    async def add_consumer(self, *_: Any) -> Any:
        raise self._error


class ForgetfulJetStream:
    """Has no room on its disk a few times, then makes every stream."""

    def __init__(self, refusals: int) -> None:
        self.made: list[str] = []
        self._refusals = refusals

    async def stream_info(self, _: str) -> Any:
        raise NotFoundError(code=404)

    async def add_stream(self, config: Any) -> None:
        if self._refusals:
            self._refusals -= 1
            raise answer(10_049, 500, NO_STORE)
        self.made.append(config.name)


def connection(error: Exception, refused: str = "") -> NatsConnection:
    fake = SimpleNamespace(jetstream=RefusingJetStream(error), refused=refused)
    return cast(NatsConnection, fake)


def answer(error_code: int, code: int, description: str = "no") -> APIError:
    """Return the error that nats-py makes of an answer."""
    with pytest.raises(APIError) as raised:
        APIError.from_error({"code": code, "err_code": error_code, "description": description})
    return raised.value


@pytest.mark.parametrize("code", [400, 500, 503])
@pytest.mark.parametrize("error_code", sorted(NOT_YET))
async def test_a_cluster_that_cannot_yet_is_asked_again(error_code: int, code: int) -> None:
    with pytest.raises(ClusterNotReady):
        await declare_streams(connection(answer(error_code, code)))
    with pytest.raises(ClusterNotReady):
        await declare_consumer(connection(answer(error_code, code)), SPEC)


async def test_silence_is_a_missing_leader_or_a_missing_permission() -> None:
    with pytest.raises(ClusterNotReady):
        await declare_streams(connection(NatsTimeoutError()))
    with pytest.raises(StreamsMissing, match="may not"):
        await declare_streams(connection(NatsTimeoutError(), refused="may not"))


@pytest.mark.parametrize(("refusals", "made"), [(1, True), (3, True), (4, False)])
async def test_a_disk_that_refuses_a_moment_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, refusals: int, made: bool
) -> None:
    monkeypatch.setattr("tradewind.runtime.streams.STORE_PAUSES_SECONDS", (0, 0, 0))
    jetstream = ForgetfulJetStream(refusals)
    fake = cast(NatsConnection, SimpleNamespace(jetstream=jetstream, refused=""))
    if made:
        await declare_streams(fake)
        assert len(jetstream.made) > 1
    else:
        with pytest.raises(StreamDrift, match=NO_STORE):
            await declare_streams(fake)


async def test_what_stays_wrong_is_drift() -> None:
    with pytest.raises(StreamDrift):
        await declare_streams(connection(answer(WRONG, 500)))
    with pytest.raises(ConsumerDrift):
        await declare_consumer(connection(answer(WRONG, 400)), SPEC)
