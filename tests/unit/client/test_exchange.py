"""What is sent again, how often, with what, and what is raised in the end."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tradewind_client.calls import Answer, Call
from tradewind_client.errors import (
    Conflict,
    GatewayFailed,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from tradewind_client.exchange import (
    MAX_RETRY_AFTER_SECONDS,
    RETRIED_STATUSES,
    Attempt,
    Exchanges,
    Failure,
    Outcome,
    Pause,
)
from tradewind_client.keys import ApiKey
from tradewind_client.resources import submit_intent

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HMAC_KEY = "tw_hmac_" + "A" * 16 + "_" + "0" * 42 + "7" + "_"[:0] + "000000"
OK = Answer(200, {}, b'{"done":true}')
LOST = Failure("ReadTimeout", was_sent=True)
REFUSED = Failure("ConnectError", was_sent=False)
READ: Call[Any] = Call("GET", "/things", json.loads)
WRITE: Call[Any] = Call("POST", "/things", json.loads, body=b"{}", idempotency_key="k")
WRITE_ONCE: Call[Any] = Call("POST", "/things", json.loads, body=b"{}")


def problem(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    return Answer(status, headers or {}, json.dumps({"code": code, **more}).encode())


class Run:
    """An exchange that is fed with outcomes."""

    def __init__(
        self, call: Call[Any], outcomes: Sequence[Outcome], key: ApiKey | None = None
    ) -> None:
        self.attempts: list[Attempt] = []
        self.pauses: list[float] = []
        self._left = list(outcomes)
        self._steps = Exchanges(key, lambda: NOW, max_retries=2).run(call)

    def result(self) -> Any:
        outcome: Outcome = None
        while True:
            try:
                step = self._steps.send(outcome)
            except StopIteration as end:
                return end.value
            if isinstance(step, Pause):
                self.pauses.append(step.seconds)
                outcome = None
            else:
                self.attempts.append(step)
                outcome = self._left.pop(0)


@pytest.mark.parametrize("first", [REFUSED, LOST, problem(503, "STORE_UNAVAILABLE")])
@pytest.mark.parametrize("call", [READ, WRITE])
def test_what_may_be_sent_again_is(first: Outcome, call: Call[Any]) -> None:
    run = Run(call, [first, first, OK])
    assert run.result() == {"done": True}
    assert len({attempt.headers.get("Idempotency-Key") for attempt in run.attempts}) == 1


@pytest.mark.parametrize("first", [LOST, problem(503, "STORE_UNAVAILABLE")])
def test_a_change_without_a_key_is_sent_once(first: Outcome) -> None:
    with pytest.raises((OutcomeUnknown, Unavailable)):
        Run(WRITE_ONCE, [first]).result()


def test_a_change_that_never_left_may_be_sent_again() -> None:
    assert Run(WRITE_ONCE, [REFUSED, OK]).result() == {"done": True}


def test_a_read_that_gets_no_answer_changed_nothing() -> None:
    with pytest.raises(Unreachable):
        Run(READ, [LOST, LOST, LOST]).result()


@pytest.mark.parametrize("outcomes", [(LOST, REFUSED, REFUSED), (REFUSED, REFUSED, LOST)])
def test_a_change_that_may_have_arrived_is_unknown(outcomes: Sequence[Outcome]) -> None:
    with pytest.raises(OutcomeUnknown) as unknown:
        Run(WRITE, outcomes).result()
    assert unknown.value.idempotency_key == "k"


def test_a_change_that_never_left_is_no_unknown() -> None:
    with pytest.raises(Unreachable):
        Run(WRITE, [REFUSED] * 3).result()


def test_what_the_platform_does_not_know_is_unknown() -> None:
    answer = problem(503, "OUTCOME_UNKNOWN", intent_id="01", detail="not certain")
    with pytest.raises(OutcomeUnknown) as unknown:
        Run(WRITE, [answer] * 3).result()
    assert unknown.value.intent_id == "01"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, Unauthenticated),
        (404, NotFound),
        (409, Conflict),
        (422, InvalidRequest),
    ],
)
def test_what_is_final_is_asked_once(status: int, kind: type[Exception]) -> None:
    run = Run(WRITE, [problem(status, "CODE", detail="words")])
    with pytest.raises(kind, match="CODE: words"):
        run.result()


@pytest.mark.parametrize("status", sorted(RETRIED_STATUSES))
def test_patience_ends(status: int) -> None:
    run = Run(WRITE, [problem(status, "CODE", {"retry-after": "3"})] * 3)
    with pytest.raises((GatewayFailed, InvalidRequest, RateLimited, Unavailable)):
        run.result()
    assert len(run.attempts) == 3
    assert all(3 <= seconds < 4 for seconds in run.pauses)


@given(st.text(max_size=12))
def test_any_word_of_retry_after_is_survived(text: str) -> None:
    answer = problem(503, "CODE", {"retry-after": text})
    run = Run(READ, [answer, OK])
    assert run.result() == {"done": True}
    assert 0 < run.pauses[0] <= MAX_RETRY_AFTER_SECONDS + 1


@given(st.binary(max_size=300), st.integers(400, 599))
def test_any_body_of_a_refusal_is_survived(body: bytes, status: int) -> None:
    call: Call[Any] = Call("POST", "/", json.loads)
    with pytest.raises((OutcomeUnknown, InvalidRequest, GatewayFailed, Exception)) as refused:
        Run(call, [Answer(status, {}, body)]).result()
    assert not isinstance(refused.value, ValueError | KeyError | AttributeError)


def test_every_attempt_is_signed_anew_and_the_key_is_shown_nowhere() -> None:
    key = ApiKey.parse(HMAC_KEY)
    run = Run(WRITE, [LOST, OK], key)
    run.result()
    headers = [attempt.headers["Authorization"] for attempt in run.attempts]
    assert len(set(headers)) == 2
    assert all(header.startswith(f"TW1-HMAC-SHA256 key={key.key_id}, ts=") for header in headers)
    assert HMAC_KEY not in "".join([*headers, repr(key)])


def test_a_wrong_clock_is_set_by_the_platforms() -> None:
    theirs = NOW + timedelta(hours=1)
    date = {"date": format_datetime(theirs, usegmt=True)}
    run = Run(WRITE, [problem(401, "TIMESTAMP_OUTSIDE_WINDOW", date), OK], ApiKey.parse(HMAC_KEY))
    assert run.result() == {"done": True}
    assert f"ts={int(theirs.timestamp() * 1_000)}," in run.attempts[1].headers["Authorization"]


def test_a_clock_is_set_once() -> None:
    date = {"date": format_datetime(NOW, usegmt=True)}
    answer = problem(401, "TIMESTAMP_OUTSIDE_WINDOW", date)
    with pytest.raises(Unauthenticated):
        Run(WRITE, [answer, answer], ApiKey.parse(HMAC_KEY)).result()


def test_a_submission_has_a_key_of_its_own() -> None:
    keys = {submit_intent({}, None).idempotency_key for _ in range(2)}
    assert len(keys) == 2
    assert submit_intent({}, "mine").idempotency_key == "mine"


@pytest.mark.parametrize("intent", [{"amount": 0.5}, {"constraints": {"max_slippage": 0.01}}])
def test_floats_are_refused(intent: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="floats are not exact"):
        submit_intent(intent, None)


@pytest.mark.parametrize("text", ["", "tw_hmac_x", HMAC_KEY[:-1], HMAC_KEY.replace("hmac", "rsa")])
def test_what_is_no_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match="no key") as refused:
        ApiKey.parse(text)
    assert not text or text not in str(refused.value)
