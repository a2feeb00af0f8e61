"""Closes positions: it submits an intent for each, as if a client had."""

from typing import Final, NamedTuple

from gateway.http.caller import Caller
from gateway.ports import RequestParts
from gateway.submission.idempotency import RequestIdentity, RequestKey
from gateway.submission.intents import IntentSubmitter
from gateway.submission.recent_submissions import Submission
from tradewind.contracts.envelope import parse_event
from tradewind.contracts.intents.model import IntentConstraints
from tradewind.trading.portfolios.closing import Disposal, Holdings, LeftOut, plan_closing

PART: Final = "#"
"""Divides the path of a request from the pair, under which an intent of it is kept."""


class ClosingRequest(NamedTuple):
    """What a client asks to be closed, and how it is known when it asks again."""

    portfolio_id: str
    instrument: str | None
    """None for everything."""
    strategy_id: str | None
    constraints: IntentConstraints
    identity: RequestIdentity
    """Its key is made up where the client sent none."""


class Closed(NamedTuple):
    """The intents that were submitted, and the positions for which none was."""

    submissions: list[Submission]
    left_out: dict[str, LeftOut]


class PositionCloser:
    """Makes intents of what a portfolio holds. A repeated request makes none a second time."""

    def __init__(self, intents: IntentSubmitter, requests: RequestParts) -> None:
        self._intents = intents
        self._requests = requests

    async def close(self, request: ClosingRequest, holdings: Holdings, caller: Caller) -> Closed:
        """Submit what closes the positions; what an earlier request has submitted stands.

        Raises KeyUsed and what `submit_intent` raises. After an error the same request goes on
        where it ended.
        """
        key = request.identity.key
        assert key is not None
        earlier = await self._earlier(key, request.identity)
        done = {one.event.payload.intent.instrument for one in earlier}
        plan = plan_closing(holdings, request.instrument, request.strategy_id)
        submissions = list(earlier)
        for disposal in plan.disposals:
            if disposal.instrument not in done:
                submissions.append(await self._submit(request, key, disposal, caller))
        left_out = {name: why for name, why in plan.left_out.items() if name not in done}
        return Closed(submissions, left_out)

    async def _earlier(self, key: RequestKey, identity: RequestIdentity) -> list[Submission]:
        bodies = await self._requests.parts(_part(key, ""), identity)
        return [Submission(parse_event(body), "stored", is_repeated=True) for body in bodies]

    async def _submit(
        self, request: ClosingRequest, key: RequestKey, disposal: Disposal, caller: Caller
    ) -> Submission:
        identity = request.identity._replace(key=_part(key, disposal.instrument))
        intent = disposal.intent(request.portfolio_id, request.constraints)
        return await self._intents.submit_intent(intent, identity, caller.accounts)


def _part(key: RequestKey, instrument: str) -> RequestKey:
    return key._replace(path=f"{key.path}{PART}{instrument}")
