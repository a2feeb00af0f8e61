"""An outage is logged once, waited out ever longer, and its end is logged too."""

from typing import Any

import pytest
from nats.errors import TimeoutError as NatsTimeout
from structlog.testing import capture_logs

from tradewind.errors import TransientError
from tradewind.runtime.outage import Outage

Records = list[Any]


def events(records: Records) -> list[str]:
    return [record["event"] for record in records]


def test_it_is_logged_once_when_it_begins_and_once_when_it_is_over() -> None:
    outage = Outage("redis")
    with capture_logs() as records:
        outage.succeeded()
        for error in (TransientError("away"), NatsTimeout(), ConnectionError()):
            outage.failed(error)
        outage.succeeded()
        outage.succeeded()
    assert events(records) == ["lost", "back"]
    assert records[0]["dependency"] == "redis"
    assert records[0]["error"] == "away"
    assert records[1]["failures"] == 3


def test_an_error_without_words_is_logged_by_its_kind() -> None:
    with capture_logs() as records:
        Outage("broker").failed(ConnectionResetError())
    assert records[0]["error"] == "ConnectionResetError"


def test_each_outage_is_logged() -> None:
    outage = Outage("redis")
    with capture_logs() as records:
        for _ in range(2):
            outage.failed(TransientError())
            outage.succeeded()
    assert events(records) == ["lost", "back", "lost", "back"]


def test_one_that_soon_follows_another_may_be_passed_over() -> None:
    outage = Outage("sweep", silent_seconds=3_600)
    with capture_logs() as records:
        for _ in range(3):
            outage.failed(TransientError())
            outage.succeeded()
    assert events(records) == ["lost", "back"]


def test_the_wait_doubles_up_to_its_limit_and_begins_anew_after_a_success() -> None:
    outage = Outage("redis", min_seconds=0.1, max_seconds=1.0)
    waits = [outage.failed(TransientError()) for _ in range(50)]
    assert waits[:6] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    assert max(waits) == 1.0
    outage.succeeded()
    assert outage.failed(TransientError()) == pytest.approx(0.1)


def test_a_defect_is_logged_with_its_traceback_once_for_each_kind() -> None:
    outage = Outage("redis")
    defect = KeyError("no such key")
    with capture_logs() as records:
        for error in (defect, defect, ZeroDivisionError(), defect):
            outage.failed(error)
        outage.succeeded()
    assert events(records) == ["unexpected error", "unexpected error", "back"]
    assert records[0]["exc_info"] is defect


def test_a_defect_does_not_hide_an_outage() -> None:
    outage = Outage("redis")
    with capture_logs() as records:
        outage.failed(KeyError())
        outage.failed(TransientError())
    assert events(records) == ["unexpected error", "lost"]
