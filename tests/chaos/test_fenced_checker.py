"""What was fenced in a life of the database that is over is told from what is wrong."""

from typing import Any

from tests.chaos import inspection
from tests.chaos.inspection import findings
from tests.chaos.test_checker import Row, bought, copy_of, sound


def fenced(row: Row, **changes: Any) -> Row:
    return copy_of(row, **changes) | {"reason": "FENCED"}


def test_what_was_fenced_and_recorded_later_is_explained() -> None:
    """Given an approval of a life that is over, then it came again with the token of the next."""
    sent, evidence = sound()
    approval = bought(evidence)[1]
    kept = fenced(approval)
    kept["body_sha256"] = evidence.index[approval["event_id"]].body_sha256
    evidence.quarantine += [kept, fenced(bought(evidence)[2])]

    assert findings(sent, evidence) == []
    assert inspection.with_known_causes(sent, evidence) == [evidence.quarantine[-1]]


def test_what_was_fenced_and_not_needed_any_more_is_explained() -> None:
    sent, evidence = sound()
    bought(evidence)[2]["topic"] = "intent.expired"
    evidence.quarantine.append(fenced(bought(evidence)[2], topic="risk.approved"))

    assert inspection.with_known_causes(sent, evidence) == []


def test_what_was_fenced_and_is_nowhere_is_a_finding() -> None:
    sent, evidence = sound()
    beyond = fenced(
        bought(evidence)[-1],
        eventId="beyond",
        causationId=bought(evidence)[-1]["event_id"],
        sequence=99,
    )
    evidence.quarantine.append(beyond)

    assert [one.kind for one in findings(sent, evidence)] == [inspection.SET_ASIDE]
    assert inspection.with_known_causes(sent, evidence) == [beyond]
