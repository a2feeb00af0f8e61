"""Four protocols by every way in which a vendor or its model fails: each has its own status.

The simulator counts what it is asked: it would show if an SDK asked twice or followed a redirect.
"""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from socket import create_server

import pytest

from actors.evaluator.models import http_client
from actors.evaluator.models.opening import ModelProtocol
from actors.evaluator.models.port import Model, ModelFailed, ModelRequest
from actors.evaluator.output_checks import RejectedAnswer, check
from tests.integration.evaluator.vendors import KEY, control, opened, running_vendors
from tests.support.waiting import PATIENCE_SECONDS
from tests.unit.evaluator.answers import LONG
from tradewind.contracts.decisions.model import Answer, DecisionStatus
from tradewind.trading.prompts.answer_schema import answer_schema

DEADLINE_SECONDS = 30.0
SHORT_SECONDS = 3.0
"""For what never answers; enough to ask on a busy machine."""
NEVER_ANSWER = ("slow", "silent", "drip")
AT_ONCE = 8
MODES: dict[DecisionStatus, str] = {
    DecisionStatus.OK: "ok",
    DecisionStatus.RATE_LIMITED: "rate_limited rate_limited_long rate_limited_bare",
    DecisionStatus.PROVIDER_ERROR: (
        "server_error overloaded not_found html html_ok empty_body odd_document compressed redirect"
        " cut reset continuation"
    ),
    DecisionStatus.TIMEOUT: "slow silent drip gateway_timeout",
    DecisionStatus.AUTH_ERROR: "unauthorized forbidden",
    DecisionStatus.BUDGET_EXHAUSTED: "quota",
    DecisionStatus.TRUNCATED: "truncated",
    DecisionStatus.REFUSED: "refusal blocked",
    DecisionStatus.OVERSIZED: "oversized endless",
    DecisionStatus.INVALID_JSON: (
        "empty blank prose code_fence half second_document array duplicate_keys nan infinity"
        " surrogate deep_nesting nested_note"
    ),
    DecisionStatus.INVALID_SCHEMA: "fraction digits boolean unknown_key unknown_word missing_key",
    DecisionStatus.IMPLAUSIBLE: "out_of_range negative no_reasons control_characters",
}
EXPECTED = {mode: status for status, modes in MODES.items() for mode in modes.split()}
BY_PROTOCOL: dict[ModelProtocol, dict[str, DecisionStatus]] = {
    # An answer that could be continued is one at its limit; the others have no such thing.
    ModelProtocol.GOOGLE: {"continuation": DecisionStatus.TRUNCATED},
}


@pytest.fixture(scope="module")
def vendors() -> Iterator[str]:
    with running_vendors() as address:
        yield address


@pytest.fixture(autouse=True)
def _patient_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no failure that is tested here."""
    monkeypatch.setattr(http_client, "CONNECT_TIMEOUT_SECONDS", DEADLINE_SECONDS)


def request_for(mode: str, deadline_seconds: float = DEADLINE_SECONDS) -> ModelRequest:
    return ModelRequest(
        model=mode,
        core_text="Judge the signal.",
        wrapper_text="Answer in JSON.",
        user_text='{"allowed_decisions": ["FOLLOW_ENTER", "IGNORE"]}',
        json_schema=answer_schema(LONG.decisions),
        max_output_tokens=4_096,
        deadline_seconds=deadline_seconds,
    )


async def outcome_of(model: Model, request: ModelRequest) -> ModelFailed | RejectedAnswer | Answer:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return check(await model.ask(request), LONG)
    except ModelFailed as error:
        return error


async def outcomes(
    model: Model, modes: list[str]
) -> dict[str, ModelFailed | RejectedAnswer | Answer]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def outcome(mode: str) -> ModelFailed | RejectedAnswer | Answer:
        async with turn:
            deadline_seconds = SHORT_SECONDS if mode in NEVER_ANSWER else DEADLINE_SECONDS
            return await outcome_of(model, request_for(mode, deadline_seconds))

    return dict(zip(modes, await asyncio.gather(*map(outcome, modes)), strict=True))


@pytest.mark.parametrize("protocol", ModelProtocol)
async def test_every_failure_has_its_status_and_is_asked_for_once(
    vendors: str, protocol: ModelProtocol
) -> None:
    modes = await control(vendors, "modes")
    async with opened(protocol, vendors) as model:
        found = await outcomes(model, modes)
    statuses = {
        mode: DecisionStatus.OK if isinstance(one, Answer) else one.status
        for mode, one in found.items()
    }
    assert statuses == EXPECTED | BY_PROTOCOL.get(protocol, {})
    calls = await control(vendors, "calls")
    calls_of_modes = {mode: calls[protocol].get(mode) for mode in modes}
    assert calls_of_modes == dict.fromkeys(modes, 1)
    assert calls["redirected"] == 0
    again = [mode for mode, one in found.items() if getattr(one, "may_ask_again", False)]
    assert again == ["rate_limited"]
    assert not [mode for mode, one in found.items() if KEY in repr(one)]


@pytest.mark.parametrize("protocol", ModelProtocol)
async def test_equal_questions_have_equal_answers_with_what_they_cost(
    vendors: str, protocol: ModelProtocol
) -> None:
    async with opened(protocol, vendors) as model:
        first, second = [await model.ask(request_for("ok-again")) for _ in range(2)]
    assert first.raw == second.raw
    assert first.vendor_request_id
    assert first.vendor_request_id != second.vendor_request_id
    assert first.vendor_model_version == "ok-again-2026-11-01"
    assert (first.tokens_in, first.tokens_cached) == (21, 8)
    assert first.tokens_out is not None
    reasoning = None if protocol is ModelProtocol.ANTHROPIC else 8
    assert first.tokens_reasoning == reasoning


@pytest.mark.parametrize("protocol", ModelProtocol)
async def test_nobody_there_may_be_asked_again(protocol: ModelProtocol) -> None:
    with closing(create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    async with opened(protocol, f"http://127.0.0.1:{port}") as model:
        failure = await outcome_of(model, request_for("ok"))
    assert isinstance(failure, ModelFailed)
    assert (failure.status, failure.may_ask_again) == (DecisionStatus.PROVIDER_ERROR, True)
