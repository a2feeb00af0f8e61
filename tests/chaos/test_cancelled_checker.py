"""The checker accepts what a request to cancel may leave, and nothing else."""

import json

import pytest

from tests.chaos import inspection
from tests.chaos.evidence import Evidence
from tests.chaos.inspection import findings
from tests.chaos.sent import Sent
from tests.chaos.test_checker import TX_HASH, bought, sound


def cancelled_after_a_fill() -> tuple[Sent, Evidence]:
    """Return the same, but of an order that was cancelled when its first part was filled."""
    sent, evidence = sound()
    bought(evidence)[8]["topic"] = "intent.cancelled"
    document = json.loads(evidence.documents["intent:BOUGHT"]) | {"state": "cancelled"}
    evidence.documents["intent:BOUGHT"] = json.dumps(document)
    evidence.venue[TX_HASH]["fills"].append({"amount_in": "1", "amount_out": "2"})
    return sent, evidence


def test_what_a_cancelled_order_did_not_fill_yet_is_dropped() -> None:
    assert findings(*cancelled_after_a_fill()) == []


def test_what_a_cancelled_order_filled_is_told_as_the_venue_has_it() -> None:
    sent, evidence = cancelled_after_a_fill()
    evidence.venue[TX_HASH]["fills"][0]["amount_out"] = "1"

    assert [one.kind for one in findings(sent, evidence)] == [inspection.VENUE]


@pytest.mark.parametrize("outcome", ["abandoned", "cancelled", "refused"])
def test_an_order_that_the_venue_never_took_has_no_history(outcome: str) -> None:
    sent, evidence = sound()
    evidence.venue["0xdef"] = {"outcome": outcome, "fills": []}

    assert findings(sent, evidence) == []
