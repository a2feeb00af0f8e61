"""Whose connection it is: told by a first message, bound to a key, and shown its accounts only."""

import asyncio
from collections.abc import Sequence

import pytest

from gateway.http.caller import ANONYMOUS, Accounts, Caller, KeyScope
from gateway.stream import session
from gateway.stream.limits import MAX_CLIENTS_PER_KEY
from gateway.stream.messages import InvalidMessage
from tests.unit.gateway.stream_harness import StreamHarness
from tests.unit.gateway.support import make_event
from tradewind.errors import TransientError

READ = frozenset({KeyScope.READ})


def reader(
    key_id: str = "reader", strategies: Sequence[str] = ("*",), portfolios: Sequence[str] = ("*",)
) -> Caller:
    return Caller(key_id, READ, Accounts(strategies, portfolios))


class Tickets:
    """Takes a message for the caller it names; an `error` is raised instead."""

    def __init__(self, *callers: Caller, error: Exception | None = None) -> None:
        self._callers = {caller.key_id: caller for caller in callers}
        self._error = error

    async def authenticate(self, text: str, address: str | None) -> Caller:
        if self._error is not None:
            raise self._error
        if text not in self._callers:
            raise InvalidMessage("NOT_AUTHENTICATED", "no such ticket")
        return self._callers[text]


async def test_the_first_message_says_whose_a_connection_is() -> None:
    harness = StreamHarness()
    tickets = Tickets(reader())
    async with harness.connection(caller=ANONYMOUS, authenticator=tickets) as connection:
        connection.send_text("reader")
        assert (await connection.receive())["type"] == "authenticated"
        connection.send(action="subscribe", topics=["*"])
        assert (await connection.receive())["type"] == "subscribed"
        harness.store_events(1)
        assert await connection.receive_sequences(1) == [1]


@pytest.mark.parametrize("text", ["somebody", '{"action":"subscribe","topics":["*"]}', ""])
async def test_any_other_first_message_ends_the_connection(text: str) -> None:
    harness = StreamHarness()
    tickets = Tickets(reader())
    async with harness.connection(caller=ANONYMOUS, authenticator=tickets) as connection:
        connection.send_text(text)
        assert await connection.receive_close() == (4401, "not authenticated")


async def test_silence_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "FIRST_SUBSCRIPTION_SECONDS", 0.01)
    harness = StreamHarness()
    async with harness.connection(caller=ANONYMOUS, authenticator=Tickets()) as connection:
        assert await connection.receive_close() == (4401, "not authenticated")


async def test_who_cannot_be_told_now_is_asked_to_come_again() -> None:
    harness = StreamHarness()
    tickets = Tickets(error=TransientError("away"))
    async with harness.connection(caller=ANONYMOUS, authenticator=tickets) as connection:
        connection.send_text("reader")
        assert (await connection.receive_close())[0] == 1013


async def test_a_restart_ends_a_connection_that_says_nothing() -> None:
    harness = StreamHarness()
    async with harness.connection(caller=ANONYMOUS, authenticator=Tickets()) as connection:
        await asyncio.sleep(0)
        harness.hub.close()
        assert (await connection.receive_close())[0] == 1012


async def test_a_key_that_may_not_read_subscribes_to_nothing() -> None:
    harness = StreamHarness()
    trader = Caller("trader", frozenset({KeyScope.TRADE}), Accounts())
    async with harness.connection(caller=trader) as connection:
        connection.send(action="subscribe", topics=["*"])
        assert (await connection.receive())["code"] == "SCOPE_MISSING"


async def test_a_key_that_is_not_usable_any_more_loses_its_connections() -> None:
    harness = StreamHarness()
    async with (
        harness.connection(caller=reader("one")) as one,
        harness.connection(caller=reader("other")) as other,
        harness.subscribed() as local,
    ):
        other.send(action="subscribe", topics=["*"])
        await other.receive()
        harness.hub.close_unusable_keys(lambda key_id: key_id == "other")
        assert await one.receive_close() == (4401, "the key may not be used any more")
        harness.store_events(1)
        assert await other.receive_sequences(1) == [1]
        assert await local.receive_sequences(1) == [1]


async def test_a_key_has_only_so_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MAX_CLIENTS_PER_KEY", 1)
    assert MAX_CLIENTS_PER_KEY > 1
    harness = StreamHarness()
    async with harness.connection(caller=reader("one")):
        await asyncio.sleep(0)
        async with harness.connection(caller=reader("one")) as second:
            assert (await second.receive_close())[0] == 4429
        async with harness.connection(caller=reader("other")) as other:
            other.send(action="ping")
            assert (await other.receive())["type"] == "pong"


@pytest.mark.parametrize(
    ("caller", "sees"),
    [
        (reader(), True),
        (reader(portfolios=[make_event().key.portfolio]), True),
        (reader(strategies=[make_event().payload.intent.strategy_id]), True),
        (reader(portfolios=["another-*"]), False),
        (reader(strategies=["another-*"]), False),
    ],
)
@pytest.mark.parametrize("resume", [{}, {"resumeFrom": 0}])
async def test_a_key_sees_the_events_of_its_accounts_only(
    caller: Caller, sees: bool, resume: dict[str, int]
) -> None:
    """Given events live and stored: neither shows what the accounts do not cover."""
    harness = StreamHarness()
    harness.store_events(1 if resume else 0)
    async with harness.connection(caller=caller) as connection:
        connection.send(action="subscribe", topics=["*"], **resume)
        assert (await connection.receive())["type"] == "subscribed"
        seen = []
        if resume:
            while "type" not in (frame := await connection.receive()):
                seen.append(frame["streamSequence"])
            assert frame["type"] == "live"
        harness.store_events(1)
        connection.send(action="ping")
        while "type" not in (frame := await connection.receive()):
            seen.append(frame["streamSequence"])
        assert seen == ([one.sequence for one in harness.store.messages] if sees else [])
