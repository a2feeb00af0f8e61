"""What can go wrong, by what a caller can do about it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final


class TradewindError(Exception):
    """Anything this client raises about a platform."""


class Unreachable(TradewindError):
    """No platform answered, and what was asked for changed nothing there."""


class WaitTimedOut(TradewindError):
    """What was waited for did not come in time. It may still come."""


class OutcomeUnknown(TradewindError):
    """It is not known whether the platform took a request that changes something.

    Sending it again with `idempotency_key` is safe: it makes nothing twice. `intent_id` is the
    intent to look up, where the platform told it.
    """

    def __init__(
        self, message: str, *, idempotency_key: str | None = None, intent_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key
        self.intent_id = intent_id


class Refused(TradewindError):
    """The platform answered with a problem (RFC 9457). `code` is stable, the text is not."""

    def __init__(
        self, status: int, problem: Mapping[str, Any], retry_after_seconds: float | None = None
    ) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", f"HTTP_{status}"))
        self.detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        self.request_id = str(problem.get("request_id", ""))
        self.errors: Sequence[Mapping[str, Any]] = problem.get("errors") or ()
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"{self.code}: {self.detail}")


class InvalidRequest(Refused):
    """The request is wrong; `errors` names the fields. Sending it again changes nothing."""


class Unauthenticated(Refused):
    """The key is missing, unknown, revoked or expired, or the signature is wrong."""


class Forbidden(Refused):
    """The key may not do this."""


class NotFound(Refused):
    """There is no such thing, or the key may not see it."""


class Conflict(Refused):
    """It is too late: the object is in a state that does not allow it."""


class RateLimited(Refused):
    """Too many requests; `retry_after_seconds` says when the next may come."""


class Unavailable(Refused):
    """The platform cannot do it now and did nothing. Try again after `retry_after_seconds`."""


class GatewayFailed(Refused):
    """The gateway made a mistake; its log has it under `request_id`."""


_BY_STATUS: Final[Mapping[int, type[Refused]]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
    503: Unavailable,
}


def refusal_of(
    status: int, problem: Mapping[str, Any], retry_after_seconds: float | None
) -> Refused:
    """Return the error of an answer that is no success."""
    fallback = InvalidRequest if status < 500 else GatewayFailed
    return _BY_STATUS.get(status, fallback)(status, problem, retry_after_seconds)
