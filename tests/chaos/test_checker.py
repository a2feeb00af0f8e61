"""The checker finds every kind of damage in made-up evidence."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos import inspection
from tests.chaos.chain_inspection import UNRECORDED
from tests.chaos.evidence import Evidence, IndexRow, StreamMessage
from tests.chaos.inspection import explained_conflicts, findings
from tests.chaos.sent import Sent

COMPLETED = (
    "intent.submitted",
    "risk.screened",
    "risk.approved",
    "intent.accepted",
    "plan.created",
    "exec.started",
    "exec.step_submitted",
    "exec.step_filled",
    "exec.completed",
)
REJECTED = ("intent.submitted", "risk.rejected")
TX_HASH = "0xabc"
AMOUNT_OUT = "2000000000000000000"
POISON = b"no event"
type Row = dict[str, Any]
type Damage = Callable[[Sent, Evidence], object]


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def payload_of(topic: str) -> Row:
    match topic:
        case "plan.created":
            return {"planId": "P"}
        case "exec.step_submitted":
            return {"planId": "P", "stepIndex": 0, "txHash": TX_HASH, "confirmBy": "noon"}
        case "exec.step_filled":
            fill = {"planId": "P", "stepIndex": 0, "txHash": TX_HASH, "fillIndex": 0}
            return fill | {"amountIn": "10", "amountOut": AMOUNT_OUT}
        case _:
            return {}


def history(strategy: str, topics: tuple[str, ...], after: int) -> list[Row]:
    name = f"intent-{strategy.upper()}"
    return [
        {
            "correlation_id": name,
            "sequence": sequence,
            "event_id": f"{name}-{sequence}",
            "causation_id": f"{name}-{sequence - 1}" if sequence > 1 else name,
            "topic": topic,
            "strategy": strategy,
            "global_seq": after + sequence,
            "payload": json.dumps(payload_of(topic)),
            "amount": "0.5" if topic == "intent.submitted" else None,
        }
        for sequence, topic in enumerate(topics, start=1)
    ]


def documents() -> dict[str, str]:
    bought = {"state": "completed", "version": 9, "latest_plan_id": "P"}
    refused = {"state": "risk_rejected", "version": 2, "latest_plan_id": None}
    progress = {"fills": 1, "amount_in": "10", "amount_out": AMOUNT_OUT}
    found: dict[str, Any] = {
        "intent:BOUGHT": bought,
        "intent:REFUSED": refused,
        "plan:P": {"progress": progress},
        "positions:bought": {"positions": [{"fills": 1, "quantity": "2"}]},
    }
    return {key: json.dumps(document) for key, document in found.items()}


def sound() -> tuple[Sent, Evidence]:
    """Return two requests and the evidence of a platform without a fault."""
    sent = Sent()
    sent.request("bought", "0.5").intent_ids.add("BOUGHT")
    sent.request("refused", "0.5").intent_ids.add("REFUSED")
    sent.request("never", "0.5")
    sent.injected.add_poison(POISON)
    histories = {
        rows[0]["correlation_id"]: rows
        for rows in (history("bought", COMPLETED, 0), history("refused", REJECTED, 9))
    }
    rows = [row for one in histories.values() for row in one]
    evidence = Evidence(
        histories=histories,
        index={
            one["event_id"]: IndexRow(one["global_seq"], sha256(one["event_id"])) for one in rows
        },
        last_global_seq=len(rows),
        quarantine=[aside(POISON.decode(), "MALFORMED")],
        documents=documents(),
        venue={
            TX_HASH: {
                "outcome": "filled",
                "fills": [{"amount_in": "10", "amount_out": AMOUNT_OUT}],
            }
        },
        stream=[StreamMessage("", sha256(one["event_id"])) for one in rows],
    )
    return sent, evidence


def index_row(row: Row) -> IndexRow:
    return IndexRow(row["global_seq"], sha256(row["event_id"]))


def aside(body: str, reason: str = "CONFLICT") -> Row:
    return {
        "reason": reason,
        "detail": "",
        "subject": "",
        "body": body.encode(),
        "body_sha256": sha256(body),
    }


def copy_of(row: Row, **changes: Any) -> Row:
    """Return what is set aside when an event comes again with other bytes."""
    copy = {
        "eventId": changes.pop("eventId", row["event_id"]),
        "correlationId": row["correlation_id"],
        "causationId": changes.pop("causationId", row["causation_id"]),
        "sequence": changes.pop("sequence", row["sequence"]),
        "topic": changes.pop("topic", row["topic"]),
        "timestamp": "later",
        "payload": json.loads(row["payload"]) | changes,
    }
    return aside(json.dumps(copy))


def bought(evidence: Evidence) -> list[Row]:
    return evidence.histories["intent-BOUGHT"]


def drop(evidence: Evidence, place: int) -> None:
    """Lose one event without a trace."""
    row = bought(evidence).pop(place)
    del evidence.index[row["event_id"]]


def swap_topics(rows: list[Row], first: int, second: int) -> None:
    one, other = rows[first], rows[second]
    for name in ("topic", "payload"):
        one[name], other[name] = other[name], one[name]


def swap_numbers(rows: list[Row], first: int, second: int) -> None:
    one, other = rows[first], rows[second]
    one["global_seq"], other["global_seq"] = other["global_seq"], one["global_seq"]


def record_twice(evidence: Evidence) -> None:
    """Record a fill a second time, everything else being in order."""
    rows = bought(evidence)
    again = dict(rows[7]) | {
        "event_id": "again",
        "sequence": 9,
        "causation_id": rows[7]["event_id"],
    }
    rows.insert(8, again)
    rows[9] |= {"sequence": 10, "causation_id": "again"}
    renumber(evidence)


def renumber(evidence: Evidence) -> None:
    number = 0
    for rows in evidence.histories.values():
        for row in rows:
            number += 1
            row["global_seq"] = number
            evidence.index[row["event_id"]] = index_row(row)
    evidence.last_global_seq = number


def submit_twice(evidence: Evidence) -> None:
    """Record a second intent of the same request."""
    rows = history("bought", REJECTED, 11)
    for row in rows:
        row["event_id"] += "-again"
    rows[1]["causation_id"] = rows[0]["event_id"]
    evidence.histories["intent-TWICE"] = rows
    evidence.documents["intent:BOUGHT-TWICE"] = evidence.documents["intent:REFUSED"]
    renumber(evidence)


def test_a_sound_platform_has_nothing_wrong() -> None:
    assert findings(*sound()) == []


DAMAGES: dict[str, tuple[str, Damage]] = {
    "an accepted intent is not there": (
        inspection.LOST,
        lambda _, evidence: evidence.histories.pop("intent-REFUSED"),
    ),
    "an event in the middle is not there": (inspection.OUT_OF_ORDER, lambda _, e: drop(e, 3)),
    "the last event is not there": (inspection.NOT_TERMINAL, lambda _, e: drop(e, 8)),
    "an event is only in the index": (
        inspection.LOST,
        lambda _, e: e.index.update(ghost=IndexRow(12, b"")),
    ),
    "an event is not in the index": (inspection.LOST, lambda _, e: e.index.pop("intent-BOUGHT-3")),
    "a message of the stream is nowhere": (
        inspection.LOST,
        lambda _, e: e.stream.append(StreamMessage("", sha256("unheard"))),
    ),
    "poison was not set aside": (inspection.LOST, lambda _, e: e.quarantine.clear()),
    "the writer counts more than there is": (
        inspection.LOST,
        lambda _, e: setattr(e, "last_global_seq", 12),
    ),
    "an amount is another": (inspection.LOST, lambda _, e: bought(e)[0].update(amount="5")),
    "a made-up history has a hole": (
        inspection.LOST,
        lambda sent, _: sent.injected.histories.update({"portfolio-A": 3}),
    ),
    "the venue executed what nobody tells of": (
        inspection.LOST,
        lambda _, e: e.venue.update({"0xdef": {"outcome": "filled", "fills": []}}),
    ),
    "an event is recorded twice": (
        inspection.DOUBLED,
        lambda _, e: bought(e).append(dict(bought(e)[-1])),
    ),
    "a fill is recorded twice": (inspection.DOUBLED, lambda _, e: record_twice(e)),
    "one request is two intents": (inspection.DOUBLED, lambda _, e: submit_twice(e)),
    "one request has two answers": (
        inspection.DOUBLED,
        lambda sent, _: sent.requests["bought"].intent_ids.add("REFUSED"),
    ),
    "a refused request is in the ledger": (
        inspection.DOUBLED,
        lambda sent, _: sent.requests["refused"].intent_ids.clear(),
    ),
    "an intent nobody sent": (inspection.DOUBLED, lambda sent, _: sent.requests.pop("refused")),
    "two transactions for one step": (
        inspection.DOUBLED,
        lambda _, e: bought(e)[7].update(
            payload=json.dumps(payload_of("exec.step_filled") | {"txHash": "0xdef"})
        ),
    ),
    "events changed places": (inspection.OUT_OF_ORDER, lambda _, e: swap_topics(bought(e), 5, 6)),
    "events were recorded in another order": (
        inspection.OUT_OF_ORDER,
        lambda _, e: swap_numbers(bought(e), 5, 6),
    ),
    "global_seq has a gap": (
        inspection.OUT_OF_ORDER,
        lambda _, e: bought(e)[8].update(global_seq=13),
    ),
    "a sequence has a gap": (
        inspection.OUT_OF_ORDER,
        lambda _, e: bought(e)[8].update(sequence=10),
    ),
    "a cause is another": (
        inspection.OUT_OF_ORDER,
        lambda _, e: bought(e)[5].update(causation_id="intent-BOUGHT-1"),
    ),
    "a document is old": (
        inspection.READ_MODEL,
        lambda _, e: e.documents.update({"intent:BOUGHT": '{"state": "executing"}'}),
    ),
    "a document is not there": (inspection.READ_MODEL, lambda _, e: e.documents.pop("plan:P")),
    "a position is too large": (
        inspection.READ_MODEL,
        lambda _, e: e.documents.update(
            {"positions:bought": '{"positions": [{"fills": 2, "quantity": "4"}]}'}
        ),
    ),
    "bytes are set aside for no reason": (
        inspection.SET_ASIDE,
        lambda _, e: e.quarantine.append(aside("what is this", "MALFORMED")),
    ),
    "a conflict that is no event": (
        inspection.SET_ASIDE,
        lambda _, e: e.quarantine.append(aside("what is this")),
    ),
    "another fill was set aside": (
        inspection.SET_ASIDE,
        lambda _, e: e.quarantine.append(copy_of(bought(e)[7], amountOut="1")),
    ),
    "a completed swap was failed later": (
        inspection.SET_ASIDE,
        lambda _, e: e.quarantine.append(copy_of(bought(e)[8], topic="exec.failed")),
    ),
    "a dead letter nobody caused": (
        inspection.SET_ASIDE,
        lambda _, e: e.dead_letters.append(
            {"dead_letter_id": "1", "subject": "", "error": "", "body": b"good"}
        ),
    ),
    "an event still waits": (
        inspection.LEFT_PARKED,
        lambda _, e: e.parked.append(
            {"correlation_id": "intent-A", "sequence": 2, "body_sha256": b""}
        ),
    ),
    "the venue has another fill": (
        inspection.VENUE,
        lambda _, e: e.venue[TX_HASH].update(fills=[{"amount_in": "10", "amount_out": "1"}]),
    ),
    "the venue does not know the swap": (inspection.VENUE, lambda _, e: e.venue.clear()),
    "a nonce for a plan that is not recorded": (
        UNRECORDED,
        lambda _, e: e.steps.append({"plan_id": "ghost", "outcome": "signed"}),
    ),
    "a client saw an internal error": (
        inspection.ERRORS,
        lambda sent, _: sent.requests["never"].errors.append("500"),
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_seen(name: str) -> None:
    kind, damage = DAMAGES[name]
    sent, evidence = sound()
    damage(sent, evidence)

    assert kind in {finding.kind for finding in findings(sent, evidence)}


def test_a_lost_answer_may_have_happened_once_or_not() -> None:
    sent, evidence = sound()
    sent.requests["never"].may_have_happened = True
    sent.requests["refused"].intent_ids.clear()
    sent.requests["refused"].may_have_happened = True

    assert findings(sent, evidence) == []


def test_a_decision_made_again_is_explained() -> None:
    sent, evidence = sound()
    evidence.quarantine += [
        copy_of(bought(evidence)[1], priceUsd="1"),
        copy_of(bought(evidence)[4], topic="plan.rejected"),
        copy_of(bought(evidence)[6], confirmBy="later"),
    ]

    assert findings(sent, evidence) == []
    assert explained_conflicts(sent, evidence) == 3


def test_what_follows_a_decision_made_again_is_explained() -> None:
    """Given an event beyond its history's end, then it is explained by the cause set aside."""
    sent, evidence = sound()
    beyond = copy_of(
        bought(evidence)[-1],
        eventId="later",
        causationId="other",
        sequence=99,
        topic="plan.created",
    )
    evidence.quarantine.append(beyond)
    assert [one.kind for one in findings(sent, evidence)] == [inspection.SET_ASIDE]
    evidence.quarantine.append(copy_of(bought(evidence)[4], eventId="other", topic="plan.rejected"))
    assert findings(sent, evidence) == []
    assert explained_conflicts(sent, evidence) == 2


def test_every_kind_of_finding_is_tried() -> None:
    assert {kind for kind, _ in DAMAGES.values()} == set(inspection.KINDS)
