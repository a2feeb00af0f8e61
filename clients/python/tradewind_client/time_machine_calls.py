"""The calls about how things were, and about what roles do."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from tradewind_client.calls import Call, model_reader, path_part
from tradewind_client.models import IntentDocument, PlanDocument, PositionsDocument
from tradewind_client.resources import Page, RecordedEvent
from tradewind_client.rest_models import (
    AsOfDocument,
    CorrelationDocument,
    LivePortfolio,
    PositionDocument,
    WhatIfDocument,
    WorkflowList,
)

Place = int | datetime
"""A `global_seq`, or a time: that of the last event recorded by then."""
Query = Mapping[str, str | int | None]


def place_text(place: Place) -> str:
    """Return a place as the platform reads it."""
    return time_text(place) if isinstance(place, datetime) else str(place)


def time_text(moment: datetime) -> str:
    """Return a time in UTC, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_of_query(place: Place, incarnation: str | None) -> dict[str, str | int | None]:
    """Return the query that asks for how something was."""
    return {"as_of": place_text(place), "incarnation": incarnation}


def show(place: Place, incarnation: str | None) -> Call[AsOfDocument]:
    path = f"/as-of/{path_part(place_text(place))}"
    return Call("GET", path, model_reader(AsOfDocument), {"incarnation": incarnation})


def whatif(
    since: datetime, until: datetime, limits: Mapping[str, str], strategy_id: str | None
) -> Call[WhatIfDocument]:
    body: dict[str, object] = {
        "from": time_text(since),
        "to": time_text(until),
        "limits": dict(limits),
    }
    if strategy_id is not None:
        body["strategy_id"] = strategy_id
    read = model_reader(WhatIfDocument)
    return Call("POST", "/whatif", read, body=json.dumps(body).encode(), is_repeatable=True)


def show_intent(intent_id: str, query: Query) -> Call[IntentDocument]:
    return Call("GET", f"/intents/{path_part(intent_id)}", model_reader(IntentDocument), query)


def show_plan(plan_id: str, query: Query) -> Call[PlanDocument]:
    return Call("GET", f"/plans/{path_part(plan_id)}", model_reader(PlanDocument), query)


def show_positions(strategy_id: str, query: Query) -> Call[PositionsDocument]:
    path = f"/positions/{path_part(strategy_id)}"
    return Call("GET", path, model_reader(PositionsDocument), query)


def show_portfolio(query: Query) -> Call[LivePortfolio]:
    return Call("GET", "/live/portfolio", model_reader(LivePortfolio), query)


def list_intents(query: Query) -> Call[Page[IntentDocument]]:
    return Call("GET", "/intents", model_reader(Page[IntentDocument]), query)


def list_held(query: Query) -> Call[Page[PositionDocument]]:
    return Call("GET", "/live/positions", model_reader(Page[PositionDocument]), query)


def agent_events_query(
    types: Sequence[str],
    words: Mapping[str, str | None],
    since: datetime | None,
    until: datetime | None,
) -> dict[str, str | int | None]:
    """Return the query that selects events."""
    return {
        "type": ",".join(types) or None,
        **words,
        "since": None if since is None else time_text(since),
        "until": None if until is None else time_text(until),
    }


def list_agent_events(query: Query) -> Call[Page[RecordedEvent]]:
    return Call("GET", "/agents/events", model_reader(Page[RecordedEvent]), query)


def show_correlation(correlation_id: str) -> Call[CorrelationDocument]:
    path = f"/agents/events/correlation/{path_part(correlation_id)}"
    return Call("GET", path, model_reader(CorrelationDocument))


def list_workflows() -> Call[WorkflowList]:
    return Call("GET", "/agents/workflows", model_reader(WorkflowList))
