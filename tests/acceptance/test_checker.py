"""The checker must see every kind of damage: here damaged histories, without a platform."""

import json
from typing import Any

import pytest

from tests.acceptance.intent_checker import document_problems, history_problems

COMPLETED = [
    "intent.submitted",
    "risk.screened",
    "risk.approved",
    "intent.accepted",
    "plan.created",
    "exec.started",
    "exec.step_submitted",
    "exec.step_filled",
    "exec.completed",
]
FILL = {"amountIn": "10", "amountOut": "3"}


def history(topics: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "correlation_id": "intent-A",
            "sequence": sequence,
            "event_id": f"event-{sequence}",
            "causation_id": f"event-{sequence - 1}" if sequence > 1 else "intent-A",
            "topic": topic,
            "payload": json.dumps(FILL | {"planId": "P"}),
        }
        for sequence, topic in enumerate(topics, start=1)
    ]


def documents(**changes: Any) -> dict[str, str]:
    intent = {"state": "completed", "version": 9, "latest_plan_id": "P"}
    progress = {"fills": 1, "amount_in": "10", "amount_out": "3"}
    return {
        "intent:A": json.dumps({name: changes.get(name, value) for name, value in intent.items()}),
        "plan:P": json.dumps(
            {"progress": {name: changes.get(name, value) for name, value in progress.items()}}
        ),
    }


@pytest.mark.parametrize(
    "topics",
    [
        COMPLETED,
        [*COMPLETED[:7], "exec.step_filled", "exec.step_filled", "exec.completed"],
        ["intent.submitted", "risk.rejected"],
        [*COMPLETED[:4], "plan.rejected"],
        [*COMPLETED[:5], "exec.failed"],
        [*COMPLETED[:7], "exec.failed"],
        [*COMPLETED[:5], "intent.expired"],
    ],
)
def test_a_whole_history_has_no_problem(topics: list[str]) -> None:
    assert history_problems(history(topics)) == []


@pytest.mark.parametrize(
    "topics",
    [
        COMPLETED[:-1],
        COMPLETED[1:],
        [*COMPLETED[:7], "exec.completed"],
        [*COMPLETED, "exec.completed"],
        [*COMPLETED[:3], *COMPLETED[4:]],
        [*COMPLETED, "intent.expired"],
    ],
)
def test_a_history_that_cannot_be_is_a_problem(topics: list[str]) -> None:
    assert any("no possible history" in text for text in history_problems(history(topics)))


def test_a_gap_and_a_broken_chain_are_problems() -> None:
    rows = history(COMPLETED)
    rows[4]["sequence"] = 7
    rows[6]["causation_id"] = "event-1"

    assert len(history_problems(rows)) == 2


def test_documents_that_say_what_the_history_says_have_no_problem() -> None:
    assert document_problems(documents(), history(COMPLETED), complete=True) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "executing"},
        {"version": 7},
        {"latest_plan_id": None},
        {"fills": 2},
        {"amount_out": "4"},
    ],
)
def test_a_document_that_says_otherwise_is_a_problem(changes: dict[str, Any]) -> None:
    found = document_problems(documents(**changes), history(COMPLETED), complete=True)

    assert len(found) == 1


def test_a_missing_document_is_a_problem_unless_redis_was_flushed() -> None:
    assert len(document_problems({}, history(COMPLETED), complete=True)) == 2
    assert document_problems({}, history(COMPLETED), complete=False) == []
