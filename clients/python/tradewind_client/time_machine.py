"""How things were, and what roles do, for programs that wait."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tradewind_client import time_machine_calls as calls
from tradewind_client.models import IntentDocument, PlanDocument, PositionsDocument
from tradewind_client.pages import Sender, each
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


class TimeMachine:
    """How things were after an event: `place` is its `global_seq`, or a time."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def show(self, place: Place, *, incarnation: str | None = None) -> AsOfDocument:
        """Return how everything stood."""
        return self._client.send(calls.show(place, incarnation))

    def intent(
        self, intent_id: str, *, place: Place, incarnation: str | None = None
    ) -> IntentDocument:
        """Return an intent as it was."""
        query = calls.as_of_query(place, incarnation)
        return self._client.send(calls.show_intent(intent_id, query))

    def plan(self, plan_id: str, *, place: Place, incarnation: str | None = None) -> PlanDocument:
        """Return a plan as it was."""
        query = calls.as_of_query(place, incarnation)
        return self._client.send(calls.show_plan(plan_id, query))

    def positions(
        self, strategy_id: str, *, place: Place, incarnation: str | None = None
    ) -> PositionsDocument:
        """Return what a strategy held."""
        query = calls.as_of_query(place, incarnation)
        return self._client.send(calls.show_positions(strategy_id, query))

    def portfolio(self, *, place: Place, incarnation: str | None = None) -> LivePortfolio:
        """Return what all portfolios were worth together."""
        query = calls.as_of_query(place, incarnation)
        return self._client.send(calls.show_portfolio(query))

    def intents(self, *, place: Place, incarnation: str | None = None) -> Iterator[IntentDocument]:
        """Yield intents as they were, newest first, page after page."""
        query = calls.as_of_query(place, incarnation)
        return each(self._client, lambda cursor: calls.list_intents(query | {"cursor": cursor}))

    def held(self, *, place: Place, incarnation: str | None = None) -> Iterator[PositionDocument]:
        """Yield what portfolios held, sorted by portfolio and pair, page after page."""
        query = calls.as_of_query(place, incarnation)
        return each(self._client, lambda cursor: calls.list_held(query | {"cursor": cursor}))

    def whatif(
        self,
        since: datetime,
        until: datetime,
        limits: Mapping[str, str],
        *,
        strategy_id: str | None = None,
    ) -> WhatIfDocument:
        """Return what other limits, by name, would have made of the intents of a time."""
        return self._client.send(calls.whatif(since, until, limits, strategy_id))


class Agents:
    """What roles do."""

    def __init__(self, client: Sender) -> None:
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
    ) -> Iterator[RecordedEvent]:
        """Yield what roles published, newest first, page after page."""
        words = {"source": source, "run_id": run_id, "correlation_id": correlation_id}
        query = calls.agent_events_query(types, words, since, until)
        return each(
            self._client, lambda cursor: calls.list_agent_events(query | {"cursor": cursor})
        )

    def correlation(self, identifier: str) -> CorrelationDocument:
        """Return what belongs to a history, an intent, a plan, an event or a transaction."""
        return self._client.send(calls.show_correlation(identifier))

    def workflows(self) -> WorkflowList:
        """Return how each role fares, and what is open."""
        return self._client.send(calls.list_workflows())
