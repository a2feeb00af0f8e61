"""The vendors as one application: what is asked, in which mode, and how often."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.vendors.answers import answer_of, error_of
from simulators.vendors.instances import instance_of
from simulators.vendors.modes import ENDINGS, MODES, REFUSALS, TEXTS, Refusal, mode_of
from simulators.vendors.questions import BadRequest, Question, read_question
from simulators.vendors.transports import ANSWERS, ELSEWHERE, whole

SLOW_SECONDS: Final = 30.0
PATHS: Final = {
    "/v1/responses": "openai",
    "/v1/chat/completions": "openai_compatible",
    "/v1/messages": "anthropic",
    "/v1beta/models/{model}:generateContent": "google",
}
REDIRECTED: Final = "redirected"

type Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(slow_seconds: float = SLOW_SECONDS) -> Starlette:
    """Return the application. `GET /control/calls` tells how often which model was asked."""
    routes = [Route(path, _route(protocol), methods=["POST"]) for path, protocol in PATHS.items()]
    routes += [
        Route(ELSEWHERE, _elsewhere, methods=["GET", "POST"]),
        Route("/control/calls", _calls, methods=["GET"]),
        Route("/control/modes", _modes, methods=["GET"]),
    ]
    app = Starlette(routes=routes)
    app.state.slow_seconds = slow_seconds
    app.state.calls = {protocol: Counter() for protocol in PATHS.values()}
    app.state.redirected = 0
    return app


def _route(protocol: str) -> Endpoint:
    async def answer(request: Request) -> Response:
        return await _answer(protocol, request)

    return answer


async def _answer(protocol: str, request: Request) -> Response:
    body, model = await request.body(), request.path_params.get("model", "")
    try:
        question = read_question(protocol, body, request.headers, model)
    except BadRequest as error:
        body_of_error = error_of(protocol, 400, "invalid_request_error", [], str(error))
        return JSONResponse(body_of_error, 400)
    counted: Counter[str] = request.app.state.calls[protocol]
    counted[question.model] += 1
    mode = mode_of(question.model)
    mode = mode if mode in MODES else "not_found"
    response = await _in_mode(mode, request, question, sum(counted.values()))
    response.headers["x-request-id" if protocol.startswith("openai") else "request-id"] = (
        f"req-{question.model}-{counted[question.model]}"
    )
    return response


async def _in_mode(mode: str, request: Request, question: Question, number: int) -> Response:
    if mode in REFUSALS:
        return _refused(question.protocol, REFUSALS[mode], _key_of(request))
    text = TEXTS.get(mode, TEXTS["ok"])(instance_of(question.schema, question.user))
    body = answer_of(question, text, ENDINGS.get(mode, "ended"), number)
    return await ANSWERS.get(mode, whole)(request, body)


def _refused(protocol: str, refusal: Refusal, key: str) -> Response:
    is_google = protocol == "google"
    status = refusal.google_status or refusal.status if is_google else refusal.status
    code = refusal.google_code if is_google else refusal.code
    # This vendor says in the body how long to wait.
    headers = {} if is_google else refusal.headers
    message = f"You were told so. Incorrect or not, your API key is {key}."
    return JSONResponse(error_of(protocol, status, code, refusal.details, message), status, headers)


def _key_of(request: Request) -> str:
    """Return the key, which vendors repeat in messages; nobody's log should hold it."""
    names = ("authorization", "x-api-key", "x-goog-api-key")
    return next(request.headers[name] for name in names if name in request.headers)


async def _elsewhere(request: Request) -> Response:
    request.app.state.redirected += 1
    return JSONResponse({})


async def _calls(request: Request) -> Response:
    state = request.app.state
    return JSONResponse({**state.calls, REDIRECTED: state.redirected})


async def _modes(request: Request) -> Response:
    return JSONResponse(MODES)
