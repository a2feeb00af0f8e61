"""Golden histories: what the platform recorded once must still be read, folded and decided so.

A difference is either a bug or a change that is meant: then `make golden` records them anew.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.replay.golden import documents, documents_path, history_path, names, read_history
from tests.support.ledger_rows import row_of
from tests.support.recorded import run_again
from tradewind.contracts.envelope import AnyEvent, read_proven
from tradewind.contracts.execution.payloads import ExecutionFailed, StepFilled, StepReorged
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.intents.payloads import IntentCancelled, IntentExpired
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.reading.reader import IS_COMPILED
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.ledger.history.trusted_parsing import read_payload
from tradewind.ledger.records import prove
from tradewind.ledger.transfer import history_file
from tradewind.trading.pricing.swap.engine import choose_router

NAMES = names()
EVENTS = [event for name in NAMES for event in read_history(name)]
PAYLOADS = [event.payload for event in EVENTS]


@pytest.mark.parametrize("name", NAMES)
def test_a_history_folds_to_the_same_documents_byte_for_byte(name: str) -> None:
    assert documents(name) == documents_path(name).read_bytes()


@pytest.mark.parametrize("read", [read_proven, prove])
@pytest.mark.parametrize("name", NAMES)
def test_rows_of_the_ledger_fold_to_the_same_documents(
    name: str, read: Callable[[Mapping[str, Any]], tuple[AnyEvent, bytes] | None]
) -> None:
    if read is read_proven and not IS_COMPILED:
        pytest.skip("the extension is not built")
    found = [read(row_of(event)) for event in read_history(name)]
    events = [one[0] for one in found if one is not None]

    assert len(events) == len(found)
    assert documents(name, events) == documents_path(name).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_an_event_is_written_again_with_the_same_bytes(name: str) -> None:
    for incoming in history_file.read_events(history_path(name)):
        assert incoming.canonical == incoming.body
        assert incoming.body_sha256 == hashlib.sha256(incoming.event.to_bytes()).digest()


@pytest.mark.parametrize("name", NAMES)
async def test_the_same_is_decided_again(name: str) -> None:
    findings = await run_again(name)
    assert findings.differences == []
    assert findings.reasons == []
    assert findings.counts.same >= 1


async def test_the_router_that_is_installed_decides_the_same() -> None:
    router = choose_router(rust_engine_enabled=True)
    for name in NAMES:
        assert (await run_again(name, router=router)).differences == []


def test_every_refusal_is_there() -> None:
    risk = {one.reason for one in PAYLOADS if isinstance(one, RiskRejected)}
    plan = {one.reason for one in PAYLOADS if isinstance(one, PlanRejected)}
    # A token that keeps a part of what is sent, and a pair that no venue takes, are not recorded.
    odd = {PlanRejectionReason.FEE_ON_TRANSFER, PlanRejectionReason.VENUE_NOT_ALLOWED}
    assert plan >= set(PlanRejectionReason) - odd
    assert risk >= {
        RiskRejectionReason.NOTIONAL_LIMIT,
        RiskRejectionReason.SLIPPAGE_LIMIT,
        RiskRejectionReason.PRICE_UNAVAILABLE,
        RiskRejectionReason.DAILY_BUDGET,
    }


def test_both_venues_both_sides_and_every_kind_of_route_are_there() -> None:
    steps = [step for one in PAYLOADS if isinstance(one, PlanCreated) for step in one.steps]
    kinds = {(step.venue, step.token_in == step.base.address) for step in steps}
    assert kinds == {(venue, sells) for venue in ("simulated", "uniswap_v3") for sells in (0, 1)}
    routes = {(step.venue, step.route.path) for step in steps}
    assert len(routes) == 6


def test_what_goes_wrong_is_there() -> None:
    assert {event.producer for event in EVENTS if isinstance(event.payload, IntentExpired)} == {
        "risk",
        "portfolio",
        "planner",
        "orchestrator",
    }
    cancelled = [event for event in EVENTS if isinstance(event.payload, IntentCancelled)]
    assert {event.producer for event in cancelled} == {"portfolio", "planner", "orchestrator"}
    assert {event.payload.proof for event in cancelled} == {None, "cancelled"}
    assert any(event.payload.amount_out for event in cancelled)
    assert any(event.payload.fee_wei for event in cancelled)
    assert any(isinstance(one, StepReorged) for one in PAYLOADS)
    assert any(isinstance(one, StepFilled) and one.fill_index > 0 for one in PAYLOADS)
    failures = {one.reason for one in PAYLOADS if isinstance(one, ExecutionFailed)}
    assert failures >= {
        ExecutionFailureReason.VENUE_UNAVAILABLE,
        ExecutionFailureReason.INSUFFICIENT_BALANCE,
        ExecutionFailureReason.CANCELLED,
    }


@pytest.mark.parametrize("name", NAMES)
def test_an_event_with_its_inputs_is_read_without_validating_it_again(name: str) -> None:
    for event in read_history(name):
        written = json.loads(event.payload.model_dump_json())
        assert read_payload(event.topic, dict(sorted(written.items()))).value == event.payload
