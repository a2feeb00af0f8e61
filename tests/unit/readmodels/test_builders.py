"""A document made without validation is the validated one, byte for byte."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.support import strategies as some
from tests.support.derived import derive_field
from tradewind.contracts.execution.lifecycle import StepState
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.plans.lifecycle import PlanStatus
from tradewind.contracts.roles import Role
from tradewind.contracts.unchecked import copy_unchecked, update_in_place
from tradewind.contracts.wire import in_stored_order
from tradewind.readmodels.models import intent, intent_history, plan, portfolio, positions

type Values = dict[str, Any]

moments = some.timestamps.map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
)
counts = st.integers(0, 1_000)
HEAD: Final = {"incarnation": st.just("019"), "version": st.integers(1, 2**40)}
CRITERION: Final = {
    "metric": st.sampled_from(["amount_out", "price", "duration_seconds"]),
    "comparison": st.sampled_from(["at_least", "at_most"]),
    "threshold": some.positive_decimals,
    "actual": some.decimals,
    "met": st.booleans(),
}
IN_FLIGHT: Final = {
    "tx_hash": some.tx_hashes,
    "owner": st.sampled_from(Role),
    "confirm_by": moments,
}
SUMMARY: Final = {
    "strategy_id": some.names,
    "intent_type": st.sampled_from(["acquire", "dispose"]),
    "pair": st.just("AAA/BBB"),
    "amount": some.positive_decimals,
    "priority": st.none() | counts,
    "notional_usd": st.none() | some.decimals,
    "reason": st.none() | some.details,
    "detail": st.none() | some.details,
    "amount_in": st.none() | some.base_units,
    "amount_out": st.none() | some.base_units,
    "average_price": st.none() | some.decimals,
    "tx_hash": st.none() | some.tx_hashes,
    "criteria": st.lists(st.builds(intent.CriterionResult, **CRITERION), max_size=2).map(tuple),
}
INTENT: Final = {
    **HEAD,
    "state": st.sampled_from(IntentState),
    "intent_id": some.ulids,
    "correlation_id": some.ulids.map(lambda one: make_correlation_id(CorrelationKind.INTENT, one)),
    "submitted_at": moments,
    "expires_at": moments,
    "last_event_time": moments,
    "latest_plan_id": st.none() | some.ulids,
    "in_flight": st.none() | st.builds(intent.InFlight, **IN_FLIGHT),
    "summary": st.builds(intent.IntentSummary, **SUMMARY),
    "illegal_events": counts,
}
STEP: Final = {
    "index": counts,
    "state": st.sampled_from(StepState),
    "tx_hash": st.none() | some.tx_hashes,
    "confirm_by": st.none() | moments,
    "amount_in": some.base_units,
    "amount_out": some.base_units,
    "fills": counts,
    "step": some.steps(),
}
PROGRESS: Final = {
    "steps_total": counts,
    "steps_filled": counts,
    "amount_in": some.base_units,
    "amount_out": some.base_units,
    "fills": counts,
}
PLAN: Final = {
    **HEAD,
    "status": st.sampled_from(PlanStatus),
    "plan_id": some.ulids,
    "intent_id": some.ulids,
    "correlation_id": some.ulids.map(lambda one: make_correlation_id(CorrelationKind.INTENT, one)),
    "strategy_id": some.names,
    "venue": st.sampled_from(["uniswap_v3", "simulated"]),
    "created_at": moments,
    "last_event_time": moments,
    "estimated_cost": some.decimals,
    "estimated_duration_ms": counts,
    "risk_score": some.decimals,
    "steps": st.lists(st.builds(plan.StepDocument, **STEP), max_size=2).map(tuple),
    "progress": st.builds(plan.PlanProgress, **PROGRESS),
}
POSITION: Final = {
    "instrument": some.names,
    "base": some.names,
    "quote": some.names,
    "quantity": some.decimals,
    "average_cost": st.none() | some.decimals,
    "realised_pnl": some.decimals,
    "fills": counts,
}
POSITIONS: Final = {
    **HEAD,
    "strategy_id": some.names,
    "last_event_time": moments,
    "pnl": st.none() | some.decimals,
    "pnl_by_quote": st.dictionaries(some.names, some.decimals, max_size=3),
    "positions": st.lists(st.builds(positions.Position, **POSITION), max_size=2).map(tuple),
}
PORTFOLIO: Final = {
    name: derive_field(field, {})
    for name, field in portfolio.PortfolioDocument.model_fields.items()
    if name not in HEAD
} | {
    "day": moments,
    "last_event_time": moments,
    # It is built of what is in order, and put in order where it is read.
    "fees": st.dictionaries(some.names, some.decimals, max_size=3).map(in_stored_order),
}
BUILDERS: Final[dict[type[BaseModel], tuple[Callable[..., BaseModel], Values]]] = {
    intent.CriterionResult: (intent.build_criterion_result, CRITERION),
    intent.InFlight: (intent.build_in_flight, IN_FLIGHT),
    intent.IntentSummary: (intent.build_intent_summary, SUMMARY),
    intent.IntentDocument: (intent.build_intent, INTENT),
    plan.StepDocument: (plan.build_step, STEP),
    plan.PlanProgress: (plan.build_progress, PROGRESS),
    plan.PlanDocument: (plan.build_plan, PLAN),
    positions.Position: (positions.build_position, POSITION),
    positions.PositionsDocument: (positions.build_positions, POSITIONS),
    portfolio.PortfolioDocument: (portfolio.build_portfolio, {**HEAD, **PORTFOLIO}),
}
CHANGES: Final[dict[Any, type[BaseModel]]] = {
    intent_history.IntentChanges: intent.IntentDocument,
    intent_history.SummaryChanges: intent.IntentSummary,
    plan.PlanChanges: plan.PlanDocument,
    plan.StepChanges: plan.StepDocument,
}


@st.composite
def arguments(draw: st.DrawFn, model: type[BaseModel]) -> Values:
    """Return values for a model in any order, some of those with a default left out."""
    fields = BUILDERS[model][1]
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    order = draw(st.permutations(list(fields)))
    given_names = [name for name in order if name in required or draw(st.booleans())]
    return {name: draw(fields[name]) for name in given_names}


@pytest.mark.parametrize("model", BUILDERS)
@given(data=st.data())
def test_a_built_document_is_the_validated_one(model: type[BaseModel], data: st.DataObject) -> None:
    build, fields = BUILDERS[model]
    assert set(fields) == set(model.model_fields)
    values = data.draw(arguments(model))
    built, validated = build(**values), model(**values)
    assert built.model_dump_json() == validated.model_dump_json()
    assert built == validated == model.model_validate_json(built.model_dump_json())


@pytest.mark.parametrize("change", [copy_unchecked, update_in_place])
@given(data=st.data())
def test_a_changed_document_is_the_validated_one(
    change: Callable[[BaseModel, Values], BaseModel], data: st.DataObject
) -> None:
    model = data.draw(st.sampled_from(list(BUILDERS)))
    values, updates = data.draw(arguments(model)), data.draw(arguments(model))
    before = BUILDERS[model][0](**values)
    text = before.model_dump_json()
    after = change(before, updates)
    expected = model(**(before.__dict__ | updates))
    assert after.model_dump_json() == expected.model_dump_json()
    assert (after is before) == (change is update_in_place)
    assert change is update_in_place or before.model_dump_json() == text


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: changes.__name__)
def test_what_may_change_are_fields_of_the_document(changes: Any) -> None:
    assert changes.__annotations__.keys() <= CHANGES[changes].model_fields.keys()
