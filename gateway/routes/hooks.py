"""Takes in the alerts of charts, whose senders can sign nothing: the path has a token."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import SignalUnavailable
from gateway.http.bodies import read_body
from gateway.http.client_address import client_address
from gateway.http.common_parameters import path_parameter
from gateway.http.middleware.hook_token import HOOK_TOKEN, PREFIX
from gateway.http.operations import Operation
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import created_response
from gateway.limits.policy import Charge
from gateway.metrics import SIGNALS_INVALID
from gateway.routes.signals import INTAKE_PROBLEMS
from gateway.services import services_of
from gateway.signals.answers import EnqueuedSignal
from gateway.signals.body import SubmittedSignal, parse_alert
from gateway.signals.intake import Sender, asked_of
from tradewind.errors import TransientError
from tradewind.keys.hooks import TOKEN_PATTERN, Hook, digest_of
from tradewind.runtime import clock

DEADLINE_SECONDS: Final = 2.5
"""TradingView gives up after three seconds, and does not come again."""


async def take_alert(request: Request) -> Response:
    """POST /hooks/tradingview/{token}: takes in the signal in a chart's alert.

    The body is the signal as JSON, or as lines of `name = value`, whatever its content type says.
    The source is that of the hook. The same alert within five minutes is the same signal. It needs
    no key: whoever has the token may send signals of this one source, and nothing else.
    """
    try:
        async with asyncio.timeout(DEADLINE_SECONDS) as timer:
            return await _take(request)
    except TimeoutError:
        if timer.expired():
            raise SignalUnavailable("in time") from None
        raise


async def _take(request: Request) -> Response:
    signals, hook = services_of(request).signals, await _hook(request)
    if signals.policy is not None:
        await services_of(request).limiter.check([Charge(signals.policy, f"hook-{hook.hook_id}")])
    body = await read_body(request)
    try:
        submitted, is_timed = parse_alert(body, hook.source, clock.now())
        asked = asked_of(submitted, None, is_timed=is_timed)
    except ValueError:
        SIGNALS_INVALID.labels("hook").inc()
        raise
    standing = await signals.intake.submit(asked, Sender("hook", f"hook:{hook.hook_id}"))
    answer = EnqueuedSignal.of(standing.event)
    location = f"/signals/{answer.signal_id}"
    return created_response(answer, location, is_repeated=standing.is_repeated)


async def _hook(request: Request) -> Hook:
    """Return the hook of a token. Who tries tokens has to wait, as who tries keys."""
    services, address = services_of(request), client_address(request.scope)
    services.refusals.check(address)
    token: str = request.scope.get(HOOK_TOKEN, "")
    hook = None
    if TOKEN_PATTERN.fullmatch(token):
        try:
            hook = await services.signals.hooks.by_digest(digest_of(token))
        except TransientError as error:
            raise SignalUnavailable("the hook") from error
    if hook is None:
        await services.refusals.count(address)
        raise Problem(ProblemCode.HOOK_NOT_FOUND, "no hook has this token, or it was revoked")
    return hook


OPERATIONS: Final = [
    Operation(
        "POST",
        f"{PREFIX}{{token}}",
        take_alert,
        tag="signals",
        scope=None,
        answer=EnqueuedSignal,
        status=201,
        body=SubmittedSignal,
        parameters=[path_parameter("token", str, "What `tradewind hooks create` has shown once.")],
        problems=[*INTAKE_PROBLEMS, ProblemCode.HOOK_NOT_FOUND],
    ),
]
