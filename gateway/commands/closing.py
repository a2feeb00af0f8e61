"""Closes positions: it submits an intent for each, as if a client had.

What is to be sold is decided once and kept as an event before anything is submitted. Whoever
repeats the request gets what was decided then, whatever the portfolio has bought since.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gateway.errors import AccountNotCovered, NothingHeld
from gateway.http.caller import Caller
from gateway.submission.idempotency import RequestIdentity, RequestKey
from gateway.submission.intents import ENTROPY_BYTES, IntentSubmitter
from gateway.submission.pipeline import Standing, SubmissionPipeline
from gateway.submission.recent_submissions import Submission
from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.intents.model import IntentConstraints
from tradewind.contracts.portfolio.closing import LeftOutPosition, PortfolioCloseRequested, Sale
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import portfolio_key
from tradewind.runtime import clock
from tradewind.trading.portfolios.closing import Closing, Holdings, intent_of, plan_closing

PART: Final = "#"
"""Divides the path of a request from the pair, under which an intent of it is kept."""
KEPT_WITHIN: Final = timedelta(days=1)
"""A request is as good as any later one: it is no order at a price, so it does not expire."""
MILLISECONDS: Final = 1_000


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
    left_out: tuple[LeftOutPosition, ...]


class PositionCloser:
    """Makes intents of what a portfolio holds. A repeated request makes none a second time."""

    def __init__(
        self,
        intents: IntentSubmitter,
        requests: SubmissionPipeline,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._intents = intents
        self._requests = requests
        self._now = now

    async def close(self, request: ClosingRequest, holdings: Holdings, caller: Caller) -> Closed:
        """Submit what closes the positions; what was decided for an earlier request stands.

        Raises KeyUsed, NothingHeld, AccountNotCovered, and what `submit_intent` and the pipeline
        raise. After an error the same request goes on where it ended.
        """
        standing = await self._decided(request, holdings, caller)
        decided = standing.event.payload
        submissions = [await self._submit(request, decided, one, caller) for one in decided.sales]
        return Closed(submissions, decided.left_out)

    async def _decided(
        self, request: ClosingRequest, holdings: Holdings, caller: Caller
    ) -> Standing[PortfolioCloseRequested]:
        """Return what is to be sold, as it was decided when this was asked first."""
        plan = plan_closing(holdings, request.instrument, request.strategy_id)
        _check_accounts(request, plan, caller)
        event = _event(request, plan, holdings, caller, self._now())
        if request.instrument is not None and not plan.sales and not plan.left_out:
            nothing = NothingHeld(
                f"portfolio {request.portfolio_id} holds nothing of {request.instrument}"
            )
            return await self._requests.refuse(event, request.identity, nothing)
        return await self._requests.accept(event, request.identity, event.timestamp + KEPT_WITHIN)

    async def _submit(
        self,
        request: ClosingRequest,
        decided: PortfolioCloseRequested,
        sale: Sale,
        caller: Caller,
    ) -> Submission:
        intent = intent_of(sale, decided.portfolio_id, decided.constraints)
        identity = request.identity
        assert identity.key is not None
        part = identity._replace(key=_part(identity.key, sale.instrument))
        return await self._intents.submit_intent(intent, part, caller.accounts)


def _check_accounts(request: ClosingRequest, plan: Closing, caller: Caller) -> None:
    """Raise AccountNotCovered before anything is kept: a request is done whole or not at all."""
    for sale in plan.sales:
        if not caller.accounts.cover(sale.strategy_id, request.portfolio_id):
            raise AccountNotCovered("strategy_id", sale.strategy_id)


def _event(
    request: ClosingRequest, plan: Closing, holdings: Holdings, caller: Caller, at: datetime
) -> Event[PortfolioCloseRequested]:
    ulid = make_ulid(int(at.timestamp() * MILLISECONDS), os.urandom(ENTROPY_BYTES))
    return first_event(
        PortfolioCloseRequested(
            portfolio_id=request.portfolio_id,
            sales=tuple(plan.sales),
            left_out=tuple(plan.left_out),
            constraints=request.constraints,
            requested_by=caller.key_id,
            strategies=holdings.strategies,
        ),
        correlation_id=make_correlation_id(CorrelationKind.CLOSING, ulid),
        key=portfolio_key(request.portfolio_id),
        producer=Role.GATEWAY.value,
        at=at,
    )


def _part(key: RequestKey, instrument: str) -> RequestKey:
    return key._replace(path=f"{key.path}{PART}{instrument}")
