"""Compares the evidence with our own list, without code of the platform."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tests.acceptance.intent_checker import FINAL_STATES, document_problems, history_problems
from tests.chaos.chain_inspection import UNRECORDED, chain_problems, is_on_chain
from tests.chaos.evidence import Evidence
from tests.chaos.sent import Request, Sent

LOST: Final = "lost"
DOUBLED: Final = "doubled"
OUT_OF_ORDER: Final = "out of order"
NOT_TERMINAL: Final = "not terminal"
READ_MODEL: Final = "read model unlike the history"
SET_ASIDE: Final = "set aside without a reason"
LEFT_PARKED: Final = "left parked"
VENUE: Final = "venue unlike the history"
ERRORS: Final = "answers no client should see"
_IDENTITY = {"eventId", "correlationId", "causationId", "sequence"}
KINDS: Final = (
    LOST,
    DOUBLED,
    OUT_OF_ORDER,
    NOT_TERMINAL,
    READ_MODEL,
    SET_ASIDE,
    LEFT_PARKED,
    VENUE,
    UNRECORDED,
    ERRORS,
)
INTENT: Final = "intent-"
BASE_UNITS: Final = Decimal(10) ** 18
"""Every pair we trade has WETH as base."""
CANCELLED: Final = "intent.cancelled"
ENDED_MEANWHILE: Final = (CANCELLED, "intent.expired")
FENCED: Final = "FENCED"
"""Reason of an event that was decided in a life of the database that is over."""
REPEATED: Final = ("CONFLICT", FENCED)
"""Reasons of what was set aside because something else counts."""
NOT_TAKEN: Final = ("abandoned", "cancelled", "refused")
"""Outcomes of orders that the simulated venue never executed."""
DECISIONS: Final = ("risk.", "plan.", "intent.", "exec.failed")
"""Decisions may differ when repeated later, by prices and deadlines. All other events are facts of
the venue, and a repetition has to report the same."""
OF_THE_MOMENT: Final = ("plan", "steps", "step", "intent", "confirmBy")

type Row = dict[str, Any]


class Finding(NamedTuple):
    """One violation."""

    kind: str
    text: str


def findings(sent: Sent, evidence: Evidence) -> list[Finding]:
    """Return all violations."""
    found = [*_requests(sent, evidence), *_order(evidence), *_set_aside(sent, evidence)]
    found += _stream(evidence)
    found += _made_up(sent, evidence)
    for correlation_id, rows in evidence.histories.items():
        found += _sequence(correlation_id, rows)
        if correlation_id.startswith(INTENT):
            found += _history(correlation_id, rows)
            found += _venue(correlation_id, rows, evidence)
    found += _venue_only(evidence)
    found += [Finding(kind, text) for kind, text in chain_problems(evidence)]
    return found + read_model_findings(evidence)


def read_model_findings(evidence: Evidence) -> list[Finding]:
    """Return the documents that differ from the fold of their histories."""
    found = [
        Finding(READ_MODEL, text)
        for name, rows in evidence.histories.items()
        if name.startswith(INTENT) and rows[-1]["topic"] in FINAL_STATES
        for text in document_problems(evidence.documents, rows, complete=True)
    ]
    return found + list(_positions(evidence))


def explained_conflicts(sent: Sent, evidence: Evidence) -> int:
    """Return how many copies were set aside because a decision was repeated later."""
    by_place, refused = _by_place(evidence), _refused_ids(evidence)
    return sum(
        row["body_sha256"] not in sent.injected.poison and _is_redecision(row, by_place, refused)
        for row in evidence.quarantine
    )


def with_known_causes(sent: Sent, evidence: Evidence) -> list[Row]:
    """Return what was set aside although its cause is recorded and nobody injected it.

    What was fenced in a life of the database that is over and recorded in the next one, or not
    needed any more, was set aside for a while.
    """
    found, by_place = [], _by_place(evidence)
    for row in evidence.quarantine:
        event = _event_in(row["body"])
        if row["body_sha256"] in sent.injected.poison or event is None:
            continue
        came_again = row["reason"] == FENCED and _came_again(row, event, evidence, by_place)
        if event["causationId"] in evidence.index and not came_again:
            found.append(row)
    return found


def _came_again(
    row: Row,
    event: Mapping[str, Any],
    evidence: Evidence,
    by_place: Mapping[tuple[str, int], Row],
) -> bool:
    """Return whether what was fenced is recorded all the same, or an end that came meanwhile is."""
    recorded = by_place.get((event["correlationId"], event["sequence"]))
    if recorded is None:
        return False
    is_same = evidence.index[recorded["event_id"]].body_sha256 == row["body_sha256"]
    return is_same or recorded["topic"] in ENDED_MEANWHILE


def _requests(sent: Sent, evidence: Evidence) -> Iterator[Finding]:
    strategies = {
        name: rows[0]["strategy"]
        for name, rows in evidence.histories.items()
        if name.startswith(INTENT)
    }
    counts = Counter(strategies.values())
    for request in sent.requests.values():
        yield from _request(request, counts[request.strategy], evidence)
    for name, strategy in strategies.items():
        if strategy not in sent.requests:
            yield Finding(DOUBLED, f"{name} of {strategy}: nobody sent it")


def _request(request: Request, count: int, evidence: Evidence) -> Iterator[Finding]:
    name = request.strategy
    yield from (Finding(ERRORS, f"{name}: {error}") for error in request.errors)
    if len(request.intent_ids) > 1:
        yield Finding(DOUBLED, f"{name}: one request, answered with {request.intent_ids}")
    if count > 1:
        yield Finding(DOUBLED, f"{name}: one request, {count} intents")
    if count and request.outcome == "refused":
        yield Finding(DOUBLED, f"{name}: refused, and in the ledger all the same")
    for intent_id in request.intent_ids:
        rows = evidence.histories.get(INTENT + intent_id)
        if rows is None:
            yield Finding(LOST, f"{name}: {intent_id} was answered with 201, not in the ledger")
        elif rows[0]["amount"] != request.amount:
            yield Finding(LOST, f"{name}: {rows[0]['amount']} is recorded, not {request.amount}")


def _sequence(name: str, rows: list[Row]) -> Iterator[Finding]:
    numbers = [row["global_seq"] for row in rows]
    if numbers != sorted(numbers):
        yield Finding(OUT_OF_ORDER, f"{name}: recorded in the order {numbers}")
    sequences = [row["sequence"] for row in rows]
    if sequences != list(range(1, len(rows) + 1)):
        yield Finding(OUT_OF_ORDER, f"{name}: its sequence is {sequences}")


def _history(name: str, rows: list[Row]) -> Iterator[Finding]:
    if rows[-1]["topic"] in FINAL_STATES:
        yield from (Finding(OUT_OF_ORDER, f"{name}: {text}") for text in history_problems(rows))
    else:
        yield Finding(NOT_TERMINAL, f"{name}: ends with {rows[-1]['topic']}")


def _order(evidence: Evidence) -> Iterator[Finding]:
    """Check that global_seq numbers every event without a gap."""
    rows = [row for history in evidence.histories.values() for row in history]
    ids = Counter(row["event_id"] for row in rows)
    yield from (
        Finding(DOUBLED, f"{event_id} is recorded {count} times")
        for event_id, count in ids.items()
        if count > 1
    )
    numbers = sorted(row["global_seq"] for row in rows)
    if numbers != list(range(1, len(rows) + 1)):
        gaps = sorted(set(range(1, len(rows) + 1)) - set(numbers))
        yield Finding(OUT_OF_ORDER, f"global_seq has gaps or repeats, first at {gaps[:5]}")
    if evidence.last_global_seq != len(rows):
        yield Finding(LOST, f"{len(rows)} events, the writer is at {evidence.last_global_seq}")
    for row in rows:
        known = evidence.index.get(row["event_id"])
        if known is None or known.global_seq != row["global_seq"]:
            yield Finding(LOST, f"{row['event_id']}: the index does not have it at its place")
    for event_id in evidence.index.keys() - ids.keys():
        yield Finding(LOST, f"{event_id}: in the index, not among the events")


def _set_aside(sent: Sent, evidence: Evidence) -> Iterator[Finding]:
    injected, by_place = sent.injected.poison, _by_place(evidence)
    refused = _refused_ids(evidence)
    for row in evidence.quarantine:
        if row["body_sha256"] not in injected and not _is_redecision(row, by_place, refused):
            text = f"{row['reason']} on {row['subject']}: {row['detail']} {row['body'][:300]!r}"
            yield Finding(SET_ASIDE, text)
    aside = {row["body_sha256"] for row in evidence.quarantine}
    for digest in injected.keys() - aside:
        yield Finding(LOST, f"poison that was not set aside: {injected[digest][:80]!r}")
    for row in evidence.dead_letters:
        if hashlib.sha256(row["body"] or b"").digest() not in injected:
            text = f"dead letter {row['dead_letter_id']} on {row['subject']}: {row['error']}"
            yield Finding(SET_ASIDE, text)
    for row in evidence.parked:
        yield Finding(LEFT_PARKED, f"{row['correlation_id']} {row['sequence']}")


def _by_place(evidence: Evidence) -> dict[tuple[str, int], Row]:
    return {
        (name, row["sequence"]): row for name, rows in evidence.histories.items() for row in rows
    }


def _refused_ids(evidence: Evidence) -> frozenset[str]:
    """Return the ids of events that are set aside as conflicts or fenced, and in no history."""
    copies = [_event_in(row["body"]) for row in evidence.quarantine if row["reason"] in REPEATED]
    return frozenset(copy["eventId"] for copy in copies if copy) - evidence.index.keys()


def _is_redecision(
    row: Row, by_place: Mapping[tuple[str, int], Row], refused: frozenset[str]
) -> bool:
    """Return whether a role made these bytes from the same input a second time, or from those."""
    copy = _event_in(row["body"]) if row["reason"] in REPEATED else None
    if copy is None:
        return False
    if copy["causationId"] in refused:
        return True
    recorded = by_place.get((copy["correlationId"], copy["sequence"]))
    if recorded is None:
        return False
    if row["reason"] == FENCED:
        return True
    if all(topic.startswith(DECISIONS) for topic in (copy["topic"], recorded["topic"])):
        return True
    same = _facts(copy["payload"]) == _facts(json.loads(recorded["payload"]))
    return bool(same and copy["topic"] == recorded["topic"])


def _event_in(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    is_event = isinstance(document, dict) and document.keys() >= _IDENTITY
    return document if is_event else None


def _facts(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in OF_THE_MOMENT}


def _stream(evidence: Evidence) -> Iterator[Finding]:
    """Check that every message of the broker is recorded, parked or set aside unchanged."""
    durable = {row.body_sha256 for row in evidence.index.values()}
    durable |= {row["body_sha256"] for row in (*evidence.parked, *evidence.quarantine)}
    for message in evidence.stream:
        if message.body_sha256 not in durable:
            yield Finding(LOST, f"on the stream, nowhere in the ledger: {message.subject}")


def _made_up(sent: Sent, evidence: Evidence) -> Iterator[Finding]:
    for name, count in sent.injected.histories.items():
        found = [row["sequence"] for row in evidence.histories.get(name, ())]
        if found != list(range(1, count + 1)):
            yield Finding(LOST, f"{name}: {count} events were sent, recorded are {found}")


def _payloads(rows: list[Row], topic: str) -> list[dict[str, Any]]:
    return [json.loads(row["payload"]) for row in rows if row["topic"] == topic]


def _venue(name: str, rows: list[Row], evidence: Evidence) -> Iterator[Finding]:
    fills = _payloads(rows, "exec.step_filled")
    places = Counter((fill["stepIndex"], fill["fillIndex"]) for fill in fills)
    if any(count > 1 for count in places.values()):
        yield Finding(DOUBLED, f"{name}: a fill is recorded twice: {places}")
    if is_on_chain(rows):
        return
    hashes = {one["txHash"] for one in _payloads(rows, "exec.step_submitted") + fills}
    if len(hashes) > 1:
        yield Finding(DOUBLED, f"{name}: several transactions: {hashes}")
    for tx_hash in hashes:
        record = evidence.venue.get(tx_hash)
        if record is None:
            yield Finding(VENUE, f"{name}: the venue does not know {tx_hash}")
            continue
        told = [(fill["amountIn"], fill["amountOut"]) for fill in fills]
        held = [(str(fill["amount_in"]), str(fill["amount_out"])) for fill in record["fills"]]
        if rows[-1]["topic"] == CANCELLED:
            # What was not filled yet is dropped.
            held = held[: len(told)]
        if [tuple(map(str, one)) for one in told] != held:
            yield Finding(VENUE, f"{name}: recorded fills {told}, the venue has {held}")


def _venue_only(evidence: Evidence) -> Iterator[Finding]:
    known = {
        json.loads(row["payload"])["txHash"]
        for rows in evidence.histories.values()
        for row in rows
        if row["topic"] == "exec.step_submitted"
    }
    for tx_hash, record in evidence.venue.items():
        if tx_hash not in known and record["outcome"] not in NOT_TAKEN:
            yield Finding(LOST, f"the venue executed {tx_hash}, and no history tells of it")


def _positions(evidence: Evidence) -> Iterator[Finding]:
    """Check the position of each strategy; every request has a strategy of its own."""
    for name, rows in evidence.histories.items():
        fills = _payloads(rows, "exec.step_filled") if name.startswith(INTENT) else []
        if not fills:
            continue
        key = f"positions:{rows[0]['strategy']}"
        document = json.loads(evidence.documents.get(key, '{"positions": []}'))
        shown = [(one["fills"], abs(Decimal(one["quantity"]))) for one in document["positions"]]
        either = [sum(Decimal(fill[side]) for fill in fills) for side in ("amountIn", "amountOut")]
        expected = [[(len(fills), amount / BASE_UNITS)] for amount in either]
        if shown not in expected:
            yield Finding(READ_MODEL, f"{key}: shows {shown}, {len(fills)} fills of {either}")
