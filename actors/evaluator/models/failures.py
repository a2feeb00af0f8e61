"""Says of every error of a vendor's SDK what became of the call.

All SDKs used here speak HTTP by httpx2, so what counts is the HTTP answer, or why there is none.
Their messages are not repeated: they may hold what was sent, and some hold a part of the key.
"""

import json
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx2

from actors.evaluator.models.http_client import (
    MAX_ANSWER_BYTES,
    AnswerEncoded,
    AnswerTooLarge,
)
from actors.evaluator.models.port import ModelFailed
from actors.evaluator.models.vendor_text import safe_identifier
from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.runtime import clock

NOTHING_WAS_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
BUDGET_CODES: Final = frozenset(
    {"insufficient_quota", "billing_error", "billing_hard_limit_reached"}
)
KEY_CODES: Final = frozenset({"API_KEY_INVALID", "invalid_api_key"})
STATUS_OF_HTTP: Final = {
    HTTPStatus.UNAUTHORIZED: DecisionStatus.AUTH_ERROR,
    HTTPStatus.FORBIDDEN: DecisionStatus.AUTH_ERROR,
    HTTPStatus.PAYMENT_REQUIRED: DecisionStatus.BUDGET_EXHAUSTED,
    HTTPStatus.TOO_MANY_REQUESTS: DecisionStatus.RATE_LIMITED,
    HTTPStatus.REQUEST_TIMEOUT: DecisionStatus.TIMEOUT,
    HTTPStatus.GATEWAY_TIMEOUT: DecisionStatus.TIMEOUT,
}
REQUEST_ID_HEADERS: Final = ("x-request-id", "request-id", "x-goog-request-id")
MAX_RETRY_AFTER_SECONDS: Final = 86_400.0
_DURATION: Final = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s", re.ASCII)
_SECONDS: Final = re.compile(r"\d{1,6}(?:\.\d{1,9})?", re.ASCII)


def failure_of(error: Exception, remaining_seconds: float) -> ModelFailed:
    """Return what an SDK's error means, when `remaining_seconds` of the deadline are left."""
    for cause in _chain(error):
        if isinstance(cause, AnswerTooLarge):
            return ModelFailed(
                DecisionStatus.OVERSIZED, f"HTTP answer of more than {MAX_ANSWER_BYTES:,} bytes"
            )
        if isinstance(cause, AnswerEncoded):
            return ModelFailed(DecisionStatus.PROVIDER_ERROR, "HTTP answer is compressed")
        response = getattr(cause, "response", None)
        if isinstance(response, httpx2.Response):
            return failure_of_response(response, remaining_seconds)
        if isinstance(cause, httpx2.TimeoutException | TimeoutError | httpx2.TransportError):
            return _failure_of_transport(cause)
    return ModelFailed(DecisionStatus.PROVIDER_ERROR, f"unreadable answer: {_name(error)}")


def failure_of_response(response: httpx2.Response, remaining_seconds: float) -> ModelFailed:
    """Return what an HTTP answer other than 200 means."""
    body = _error_of(response)
    codes = _codes_of(body)
    status = _status_of(response.status_code, codes)
    retry_after_seconds = _retry_after_of(response.headers, body)
    words = (f"HTTP {response.status_code}", *sorted(codes))
    return ModelFailed(
        status,
        " ".join(words),
        may_ask_again=status is DecisionStatus.RATE_LIMITED
        and retry_after_seconds is not None
        and retry_after_seconds < remaining_seconds,
        retry_after_seconds=retry_after_seconds,
        vendor_request_id=request_id_of(response.headers),
    )


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """Return by what name the vendor can find the call again; None where it gave none."""
    found = (safe_identifier(headers.get(name)) for name in REQUEST_ID_HEADERS)
    return next((one for one in found if one), None)


def _failure_of_transport(error: Exception) -> ModelFailed:
    is_timeout = isinstance(error, httpx2.TimeoutException | TimeoutError)
    return ModelFailed(
        DecisionStatus.TIMEOUT if is_timeout else DecisionStatus.PROVIDER_ERROR,
        _name(error),
        may_ask_again=isinstance(error, NOTHING_WAS_SENT),
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what it was raised from and what it was raised during."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def _name(error: BaseException) -> str:
    return type(error).__name__


def _status_of(http_status: int, codes: frozenset[str]) -> DecisionStatus:
    if codes & BUDGET_CODES or any("PerDay" in code for code in codes):
        return DecisionStatus.BUDGET_EXHAUSTED
    if codes & KEY_CODES:
        return DecisionStatus.AUTH_ERROR
    found = (status for http, status in STATUS_OF_HTTP.items() if http == http_status)
    return next(found, DecisionStatus.PROVIDER_ERROR)


def _error_of(response: httpx2.Response) -> dict[str, Any]:
    """Return the `error` of a JSON body, as all vendors name it; empty where there is none."""
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError, httpx2.StreamError):
        return {}
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, dict) else {}


def _codes_of(error: dict[str, Any]) -> frozenset[str]:
    codes = [error.get(name) for name in ("code", "type", "status")]
    for detail in _details_of(error):
        codes.append(detail.get("reason"))
        violations = detail.get("violations")
        for violation in violations if isinstance(violations, list) else ():
            codes.append(violation.get("quotaId") if isinstance(violation, dict) else None)
    safe = (safe_identifier(code) for code in codes if isinstance(code, str))
    return frozenset(code for code in safe if code)


def _details_of(error: dict[str, Any]) -> Iterator[dict[str, Any]]:
    details = error.get("details")
    return (one for one in (details if isinstance(details, list) else ()) if isinstance(one, dict))


def _retry_after_of(headers: Mapping[str, str], error: dict[str, Any]) -> float | None:
    """Return the wait asked for: by Retry-After, in seconds or as a date, or by a RetryInfo."""
    for detail in _details_of(error):
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and (match := _DURATION.fullmatch(delay)):
            return min(float(match[1]), MAX_RETRY_AFTER_SECONDS)
    text = headers.get("retry-after", "")
    if _SECONDS.fullmatch(text):
        return min(float(text), MAX_RETRY_AFTER_SECONDS)
    try:
        wait = parsedate_to_datetime(text) - clock.now()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait.total_seconds(), 0.0), MAX_RETRY_AFTER_SECONDS)
