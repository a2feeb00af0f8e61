"""How things were, and what roles do, for programs that await."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from tradewind_client import time_machine_calls as calls
from tradewind_client.models import IntentDocument, PlanDocument, PositionsDocument
from tradewind_client.pages import AsyncSender, each_awaited
from tradewind_client.resources import RecordedEvent
from tradewind_client.rest_models import (
    AsOfDocument,
    CorrelationDocument,
    LivePortfolio,
    PositionDocument,
    WhatIfDocument,
    WorkflowList,
)
from tradewind_client.time_machine_calls import Place


class AsyncTimeMachine:
    """How things were after an event: `place` is its `global_seq`, or a time."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def show(self, place: Place, *, incarnation: str | None = None) -> AsOfDocument:
        """Return how everything stood."""
        return await self._client.send(calls.show(place, incarnation))

    async def intent(
        self, intent_id: str, *, place: Place, incarnation: str | None = None
    ) -> IntentDocument:
        """Return an intent as it was."""
        query = calls.as_of_query(place, incarnation)
        return await self._client.send(calls.show_intent(intent_id, query))

    async def plan(
        self, plan_id: str, *, place: Place, incarnation: str | None = None
    ) -> PlanDocument:
        """Return a plan as it was."""
        query = calls.as_of_query(place, incarnation)
        return await self._client.send(calls.show_plan(plan_id, query))

    async def positions(
        self, strategy_id: str, *, place: Place, incarnation: str | None = None
    ) -> PositionsDocument:
        """Return what a strategy held."""
        query = calls.as_of_query(place, incarnation)
        return await self._client.send(calls.show_positions(strategy_id, query))

    async def portfolio(self, *, place: Place, incarnation: str | None = None) -> LivePortfolio:
        """Return what all portfolios were worth together."""
        query = calls.as_of_query(place, incarnation)
        return await self._client.send(calls.show_portfolio(query))

    def intents(
        self, *, place: Place, incarnation: str | None = None
    ) -> AsyncIterator[IntentDocument]:
        """Yield intents as they were, newest first, page after page."""
        query = calls.as_of_query(place, incarnation)
        return each_awaited(
            self._client, lambda cursor: calls.list_intents(query | {"cursor": cursor})
        )

    def held(
        self, *, place: Place, incarnation: str | None = None
    ) -> AsyncIterator[PositionDocument]:
        """Yield what portfolios held, sorted by portfolio and pair, page after page."""
        query = calls.as_of_query(place, incarnation)
        return each_awaited(
            self._client, lambda cursor: calls.list_held(query | {"cursor": cursor})
        )

    async def whatif(
        self,
        since: datetime,
        until: datetime,
        limits: Mapping[str, str],
        *,
        strategy_id: str | None = None,
    ) -> WhatIfDocument:
        """Return what other limits, by name, would have made of the intents of a time."""
        return await self._client.send(calls.whatif(since, until, limits, strategy_id))


class AsyncAgents:
    """What roles do."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    def events(
        self,
        types: Sequence[str] = (),
        *,
        source: str | None = None,
        run_id: str | None = None,
        correlation_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[RecordedEvent]:
        """Yield what roles published, newest first, page after page."""
        words = {"source": source, "run_id": run_id, "correlation_id": correlation_id}
        query = calls.agent_events_query(types, words, since, until)
        return each_awaited(
            self._client, lambda cursor: calls.list_agent_events(query | {"cursor": cursor})
        )

    async def correlation(self, identifier: str) -> CorrelationDocument:
        """Return what belongs to a history, an intent, a plan, an event or a transaction."""
        return await self._client.send(calls.show_correlation(identifier))

    async def workflows(self) -> WorkflowList:
        """Return how each role fares, and what is open."""
        return await self._client.send(calls.list_workflows())
