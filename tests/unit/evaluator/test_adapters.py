"""What each adapter sends, byte for byte what matters, and that it reads whatever comes back."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from actors.evaluator.models.opening import ModelConnection, ModelProtocol, open_model
from actors.evaluator.models.port import Model, ModelAnswer, ModelFailed, ModelRequest
from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.telemetry import configure_logging
from tradewind.trading.prompts.answer_schema import answer_schema

KEY = "sk-this-is-a-secret"
SCHEMA = answer_schema()
REQUEST = ModelRequest(
    model="model-1",
    core_text="Judge the signal.",
    wrapper_text="Answer in JSON.",
    user_text='{"mid": "1"}',
    json_schema=SCHEMA,
    max_output_tokens=4096,
    deadline_seconds=30.0,
)
SYSTEM = "Judge the signal.\n\nAnswer in JSON."

type Handler = Callable[[httpx2.Request], httpx2.Response]


def connection_of(protocol: ModelProtocol) -> ModelConnection:
    return ModelConnection(
        name="first",
        protocol=protocol,
        base_url="http://vendor.example/v1" if "openai" in protocol else "http://vendor.example",
        api_key=SecretStr(KEY),
    )


async def asked(protocol: ModelProtocol, handler: Handler, request: ModelRequest) -> ModelAnswer:
    model = open_model(connection_of(protocol), httpx2.MockTransport(handler))
    try:
        return await model.ask(request)
    finally:
        await model.close()


async def sent(protocol: ModelProtocol, request: ModelRequest) -> httpx2.Request:
    """Return the one request that is sent."""
    seen: list[httpx2.Request] = []

    def handler(one: httpx2.Request) -> httpx2.Response:
        seen.append(one)
        return httpx2.Response(500)

    with pytest.raises(ModelFailed):
        await asked(protocol, handler, request)
    (only,) = seen
    return only


BODIES: dict[ModelProtocol, tuple[str, dict[str, Any]]] = {
    ModelProtocol.OPENAI: (
        "/v1/responses",
        {
            "model": "model-1",
            "instructions": SYSTEM,
            "input": '{"mid": "1"}',
            "max_output_tokens": 4096,
            "store": False,
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "decision",
                    "schema": SCHEMA,
                    "strict": True,
                }
            },
        },
    ),
    ModelProtocol.OPENAI_COMPATIBLE: (
        "/v1/chat/completions",
        {
            "model": "model-1",
            "messages": [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": '{"mid": "1"}'},
            ],
            "max_tokens": 4096,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "decision", "schema": SCHEMA, "strict": True},
            },
        },
    ),
    ModelProtocol.ANTHROPIC: (
        "/v1/messages",
        {
            "model": "model-1",
            "system": SYSTEM,
            "messages": [{"role": "user", "content": '{"mid": "1"}'}],
            "max_tokens": 4096,
            "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        },
    ),
    ModelProtocol.GOOGLE: (
        "/v1beta/models/model-1:generateContent",
        {
            "systemInstruction": {"role": "user", "parts": [{"text": SYSTEM}]},
            "contents": [{"role": "user", "parts": [{"text": '{"mid": "1"}'}]}],
            "generationConfig": {
                "maxOutputTokens": 4096,
                "responseMimeType": "application/json",
                "responseJsonSchema": SCHEMA,
            },
        },
    ),
}


@pytest.mark.parametrize("protocol", ModelProtocol)
async def test_what_is_sent(protocol: ModelProtocol) -> None:
    request = await sent(protocol, REQUEST)
    path, body = BODIES[protocol]
    assert (request.url.path, request.url.query) == (path, b"")
    assert json.loads(request.content) == body
    assert KEY.encode() not in request.content
    assert request.headers["accept-encoding"] == "identity"
    assert request.extensions["timeout"]["connect"] == 1.0
    assert request.extensions["timeout"]["read"] == 30.0


@pytest.mark.parametrize("protocol", ModelProtocol)
async def test_keys_are_in_the_order_they_are_asked_for(protocol: ModelProtocol) -> None:
    content = (await sent(protocol, REQUEST)).content.replace(b": ", b":").decode()
    properties = content.partition('"properties":')[2]
    places = [properties.index(f'"{name}":') for name in SCHEMA["properties"]]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("protocol", "added"),
    [
        (ModelProtocol.OPENAI, '"temperature":0.0 "effort":"low"'),
        (ModelProtocol.OPENAI_COMPATIBLE, '"temperature":0.0 "reasoning_effort":"low"'),
        (ModelProtocol.ANTHROPIC, '"temperature":0.0 "effort":"low"'),
        (ModelProtocol.GOOGLE, '"temperature":0.0 "thinking_level":"LOW"'),
    ],
)
async def test_what_may_be_added(protocol: ModelProtocol, added: str) -> None:
    request = replace(REQUEST, temperature=0.0, reasoning_effort="low")
    content = (await sent(protocol, request)).content.replace(b": ", b":").decode()
    assert [part for part in added.split() if part not in content] == []


FIELDS = [
    *("output", "content", "type", "text", "usage", "status", "incomplete_details", "error"),
    *("choices", "message", "finish_reason", "model", "id", "stop_reason", "refusal"),
    *("candidates", "parts", "finishReason", "promptFeedback", "thought"),
]
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=10,
)


ANYTHING: dict[str, Any] = {}
"""The document that models opened for it answer with."""


@cache
def open_for_anything(protocol: ModelProtocol) -> Model:
    """Return one model for all examples: making one costs more than what is tried."""
    return open_model(
        connection_of(protocol),
        httpx2.MockTransport(lambda request: httpx2.Response(200, json=ANYTHING["document"])),
    )


@pytest.mark.parametrize("protocol", ModelProtocol)
@given(document=JSON_VALUES)
async def test_any_document_is_an_answer_or_a_failure(
    protocol: ModelProtocol, document: Any
) -> None:
    ANYTHING["document"] = document
    try:
        answer = await open_for_anything(protocol).ask(REQUEST)
    except ModelFailed as error:
        status = error.status
    else:
        assert isinstance(answer.raw, bytes)
        return
    assert status in (DecisionStatus.PROVIDER_ERROR, DecisionStatus.RATE_LIMITED)


@pytest.mark.parametrize("protocol", ModelProtocol)
async def test_no_traceback_leads_to_the_key(protocol: ModelProtocol) -> None:
    with pytest.raises(ModelFailed) as caught:
        await asked(protocol, lambda request: httpx2.Response(401, text=KEY), REQUEST)
    error: BaseException | None = caught.value
    assert error is not None
    assert (error.__cause__, error.__context__) == (None, None)
    assert KEY not in f"{error!r} {vars(error)}"


@pytest.mark.parametrize("protocol", ModelProtocol)
async def test_no_log_tells_key_or_prompt(
    protocol: ModelProtocol, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("evaluator", "DEBUG")
    await sent(protocol, REQUEST)
    logged = capsys.readouterr().err
    assert [text for text in (KEY, "Judge the signal", "vendor.example") if text in logged] == []


@pytest.mark.parametrize("protocol", ModelProtocol)
async def test_a_connection_that_is_refused_may_be_tried_again(protocol: ModelProtocol) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    with pytest.raises(ModelFailed) as caught:
        await asked(protocol, refuse, REQUEST)
    assert caught.value.may_ask_again


def test_the_hash_of_a_request_is_of_what_is_asked_and_not_of_when() -> None:
    assert REQUEST.sha256() == replace(REQUEST, deadline_seconds=1.0).sha256()
    others = [
        replace(REQUEST, model="model-2"),
        replace(REQUEST, core_text="Judge."),
        replace(REQUEST, user_text="{}"),
        replace(REQUEST, json_schema=answer_schema(())),
        replace(REQUEST, max_output_tokens=1),
        replace(REQUEST, temperature=0.0),
        replace(REQUEST, reasoning_effort="low"),
    ]
    assert len({REQUEST.sha256(), *(one.sha256() for one in others)}) == 1 + len(others)
