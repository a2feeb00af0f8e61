"""What a real model of 135 million parameters makes of two signals, by `make test-local-model`.

It judges nothing anybody should follow. That its answers come as they were asked for, through the
adapter that every local server is asked by, is what is tested; each is one, or has its own status.
"""

from collections.abc import Iterator
from dataclasses import replace
from subprocess import PIPE, Popen

import pytest

from actors.evaluator.models.opening import ModelConnection, ModelProtocol, open_model
from actors.evaluator.models.port import Finish, ModelAnswer, ModelFailed, ModelRequest
from actors.evaluator.output_checks import check
from tests.unit.evaluator.answers import CLOSE, LONG
from tradewind.contracts.decisions.model import Answer, DecisionStatus
from tradewind.trading.prompts.answer_schema import answer_schema
from tradewind.trading.prompts.plausibility import AllowedActions

PYTHON = ".local-model/bin/python"
DEADLINE_SECONDS = 400.0
"""On a busy machine; on an idle one it takes seven."""
MAX_OUTPUT_TOKENS = 400
SIGNALS: dict[str, AllowedActions] = {"open": LONG, "close": CLOSE}
SYSTEM_TEXT = (
    "You judge one trading signal by its features. Answer with one JSON object: first reasons, then"
    " a short note, then your decision."
)
FEATURES = (
    '{"symbol":"ETH","mid_price":"2000","rsi_1h":"61.2","ema_order_4h":"up","spread_bps":"1.2",'
    '"funding_hourly":"0.00002","allowed_decisions":"%s"}'
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Start the server; the model is loaded when it says where it listens."""
    with Popen([PYTHON, "tests/local_model/server.py"], stdout=PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "the server did not start: run scripts/local-model"
            yield line.removeprefix("listening on ").strip()
        finally:
            process.kill()


async def asked(address: str, request: ModelRequest) -> ModelAnswer:
    model = open_model(
        ModelConnection(
            name="local", protocol=ModelProtocol.OPENAI_COMPATIBLE, base_url=f"{address}/v1"
        )
    )
    try:
        return await model.ask(request)
    finally:
        await model.close()


def request_about(allowed: AllowedActions) -> ModelRequest:
    return ModelRequest(
        model="smollm2",
        core_text=SYSTEM_TEXT,
        wrapper_text="",
        user_text=FEATURES % " or ".join(allowed.decisions),
        json_schema=answer_schema(allowed.decisions, is_bounded=True),
        max_output_tokens=MAX_OUTPUT_TOKENS,
        deadline_seconds=DEADLINE_SECONDS,
        temperature=0.0,
    )


@pytest.mark.parametrize("signal", SIGNALS)
async def test_an_answer_is_one_or_has_its_own_status(address: str, signal: str) -> None:
    allowed = SIGNALS[signal]
    answer = await asked(address, request_about(allowed))
    assert answer.tokens_in
    assert answer.tokens_out
    checked = check(answer, allowed)
    if isinstance(checked, Answer):
        assert checked.decision in allowed.decisions
    elif answer.finish is Finish.ENDED:
        # The server's grammar holds the schema: what can be wrong is the meaning.
        assert checked.status is DecisionStatus.IMPLAUSIBLE
    else:
        assert checked.status is DecisionStatus.TRUNCATED


async def test_a_model_that_thinks_for_too_long_is_not_waited_for(address: str) -> None:
    with pytest.raises(ModelFailed) as caught:
        await asked(address, replace(request_about(LONG), deadline_seconds=0.2))
    assert (caught.value.status, caught.value.may_ask_again) == (DecisionStatus.TIMEOUT, False)
