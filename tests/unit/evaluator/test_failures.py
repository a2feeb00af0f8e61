"""What every error of an SDK means, and that nothing of it is passed on."""

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest

from actors.evaluator.models.failures import failure_of, failure_of_response
from actors.evaluator.models.http_client import AnswerEncoded, AnswerTooLarge
from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.runtime import clock

REMAINING_SECONDS = 2.0


def answered(status: int, body: Any = b"", **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, content=content, headers=named)


@pytest.mark.parametrize(
    ("error", "status", "may_ask_again"),
    [
        (httpx2.ConnectError("refused"), DecisionStatus.PROVIDER_ERROR, True),
        (httpx2.ConnectTimeout("slow"), DecisionStatus.TIMEOUT, True),
        (httpx2.PoolTimeout("full"), DecisionStatus.TIMEOUT, True),
        (httpx2.ReadTimeout("slow"), DecisionStatus.TIMEOUT, False),
        (httpx2.WriteTimeout("slow"), DecisionStatus.TIMEOUT, False),
        (TimeoutError(), DecisionStatus.TIMEOUT, False),
        (httpx2.ReadError("reset"), DecisionStatus.PROVIDER_ERROR, False),
        (httpx2.WriteError("reset"), DecisionStatus.PROVIDER_ERROR, False),
        (httpx2.RemoteProtocolError("cut"), DecisionStatus.PROVIDER_ERROR, False),
        (AnswerTooLarge(), DecisionStatus.OVERSIZED, False),
        (AnswerEncoded(), DecisionStatus.PROVIDER_ERROR, False),
        (ValueError("not what the SDK expects"), DecisionStatus.PROVIDER_ERROR, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_why_there_is_no_answer(
    error: Exception, status: DecisionStatus, may_ask_again: bool
) -> None:
    wrapped = RuntimeError("as an SDK wraps it")
    wrapped.__cause__ = error
    for one in (error, wrapped):
        failure = failure_of(one, REMAINING_SECONDS)
        assert (failure.status, failure.may_ask_again) == (status, may_ask_again)


QUOTA = {"violations": [{"quotaId": "RequestsPerDayPerProject"}]}
ODD_BODIES = (
    b"",
    b"<html>",
    b"[" * 100_000,
    b"\xff",
    b"null",
    b"[]",
    b'"error"',
    b'{"error": "text"}',
    b'{"error": {"code": {}, "details": 7}}',
    b'{"error": {"details": [null, {"violations": 1, "retryDelay": 2}]}}',
)


@pytest.mark.parametrize(
    ("http_status", "error", "status"),
    [
        (429, {}, DecisionStatus.RATE_LIMITED),
        (429, {"code": "insufficient_quota"}, DecisionStatus.BUDGET_EXHAUSTED),
        (429, {"details": [QUOTA]}, DecisionStatus.BUDGET_EXHAUSTED),
        (402, {}, DecisionStatus.BUDGET_EXHAUSTED),
        (400, {"type": "billing_error"}, DecisionStatus.BUDGET_EXHAUSTED),
        (401, {}, DecisionStatus.AUTH_ERROR),
        (403, {}, DecisionStatus.AUTH_ERROR),
        (400, {"details": [{"reason": "API_KEY_INVALID"}]}, DecisionStatus.AUTH_ERROR),
        (408, {}, DecisionStatus.TIMEOUT),
        (504, {}, DecisionStatus.TIMEOUT),
        (400, {}, DecisionStatus.PROVIDER_ERROR),
        (307, {}, DecisionStatus.PROVIDER_ERROR),
        (500, {}, DecisionStatus.PROVIDER_ERROR),
        (529, {"type": "overloaded_error"}, DecisionStatus.PROVIDER_ERROR),
        (999, {}, DecisionStatus.PROVIDER_ERROR),
    ],
)
def test_what_a_vendor_refuses(
    http_status: int, error: dict[str, Any], status: DecisionStatus
) -> None:
    for body in ({"error": error}, [{"error": error}]):
        failure = failure_of_response(answered(http_status, body), REMAINING_SECONDS)
        assert (failure.status, failure.may_ask_again) == (status, False)


@pytest.mark.parametrize("body", ODD_BODIES, ids=lambda body: body[:40].decode("latin-1"))
def test_the_body_of_an_error_may_be_anything(body: bytes) -> None:
    failure = failure_of_response(answered(503, body), REMAINING_SECONDS)
    assert (failure.status, failure.detail) == (DecisionStatus.PROVIDER_ERROR, "HTTP 503")


@pytest.mark.parametrize(
    ("retry_after", "wait_seconds", "may_ask_again"),
    [
        ("1.5", 1.5, True),
        ("2", 2.0, False),
        ("0", 0.0, True),
        ("99999999", None, False),
        ("-1", None, False),
        ("nan", None, False),
        ("soon", None, False),
        ("", None, False),
        ("١", None, False),
    ],
)
def test_a_wait_is_waited_for_where_it_fits(
    retry_after: str, wait_seconds: float | None, may_ask_again: bool
) -> None:
    headers = [(b"retry-after", retry_after.encode())]
    failure = failure_of_response(httpx2.Response(429, headers=headers), REMAINING_SECONDS)
    assert (failure.retry_after_seconds, failure.may_ask_again) == (wait_seconds, may_ask_again)


@pytest.mark.parametrize(("ahead_seconds", "low", "high"), [(40, 20, 40), (-40, 0, 0)])
def test_a_wait_may_be_a_date(ahead_seconds: int, low: float, high: float) -> None:
    date = format_datetime(clock.now() + timedelta(seconds=ahead_seconds), usegmt=True)
    failure = failure_of_response(answered(429, retry_after=date), REMAINING_SECONDS)
    assert failure.retry_after_seconds is not None
    assert low <= failure.retry_after_seconds <= high


def test_a_wait_may_be_in_the_body() -> None:
    body = {"error": {"status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "1.25s"}]}}
    failure = failure_of_response(answered(429, body), REMAINING_SECONDS)
    assert (failure.retry_after_seconds, failure.may_ask_again) == (1.25, True)
    assert failure.detail == "HTTP 429 RESOURCE_EXHAUSTED"


def test_nothing_of_a_message_is_passed_on() -> None:
    error = {"message": "key sk-secret", "code": "sk secret", "type": "x" * 200, "status": "A\n"}
    failure = failure_of_response(
        answered(401, {"error": error}, x_request_id="req-1"), REMAINING_SECONDS
    )
    assert (failure.detail, failure.vendor_request_id) == ("HTTP 401", "req-1")
    assert str(failure) == "auth_error: HTTP 401"
