"""Every request is in the log, those of a flood of failures as a number."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.http import access_log as module
from gateway.http.access_log import MAX_FAILURES_PER_WINDOW, AccessLog
from tests.support.waiting import wait_until
from tests.unit.gateway.support import GatewayHarness


class Flood:
    """An access log whose windows end when the test says so."""

    def __init__(self) -> None:
        self.ends: list[Callable[[], None]] = []
        self.log = AccessLog(later=lambda _, end: self.ends.append(end))

    def send(self, status: int, count: int, route: str = "/intents") -> None:
        for number in range(count):
            self.log.write(status, route, False, path=f"/intents/{number}")


def of(records: list[Any], event: str) -> list[Any]:
    return [record for record in records if record["event"] == event]


def test_a_flood_of_failures_is_a_few_lines_and_a_number() -> None:
    flood = Flood()
    with capture_logs() as records:
        flood.send(404, 1_000)
        flood.send(404, 1_000, "unmatched")
        flood.send(422, 3)
        assert len(flood.ends) == 1
        flood.ends.pop()()
    assert len(of(records, "request")) == MAX_FAILURES_PER_WINDOW + 3
    left_out = of(records, "requests left out")
    said = [(one["status"], one["route"], one["requests"]) for one in left_out]
    assert said == [(404, "/intents", 1_000 - MAX_FAILURES_PER_WINDOW), (404, "unmatched", 1_000)]


def test_after_a_window_lines_are_written_again() -> None:
    flood = Flood()
    with capture_logs() as records:
        flood.send(404, 100)
        flood.ends.pop()()
        flood.send(404, 1)
        flood.ends.pop()()
    assert of(records, "request")[-1]["path"] == "/intents/0"
    assert len(of(records, "requests left out")) == 1


def test_what_succeeds_is_never_left_out() -> None:
    flood = Flood()
    with capture_logs() as records:
        flood.send(404, 1_000)
        flood.send(200, 1_000)
        flood.send(201, 1_000)
    assert len([one for one in of(records, "request") if one["status"] < 400]) == 2_000


async def test_the_end_of_a_window_needs_no_further_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "WINDOW_SECONDS", 0.2)
    gateway = GatewayHarness()
    with capture_logs() as records:
        async with gateway.client() as client:
            await asyncio.gather(
                *(client.get("/nothing") for _ in range(MAX_FAILURES_PER_WINDOW + 7))
            )
            await wait_until(lambda: of(records, "requests left out"))
    assert len(of(records, "request")) == MAX_FAILURES_PER_WINDOW
    assert of(records, "requests left out")[0]["requests"] == 7
