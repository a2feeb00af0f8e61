"""The checker finds damage between chain, wallet journal and ledger in made-up evidence."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.chain_inspection import DOUBLED, UNRECORDED, VENUE, chain_problems
from tests.chaos.evidence import Evidence
from tests.support.settlement.chain_record import Mined, Swap

TX_HASH = "0xabc"
TOPICS = (
    "intent.submitted",
    "risk.screened",
    "risk.approved",
    "intent.accepted",
    "plan.created",
    "exec.started",
    "exec.step_signed",
    "exec.step_submitted",
    "exec.step_filled",
    "exec.completed",
)
type Damage = Callable[[Evidence], object]


def mined(tx_hash: str = TX_HASH) -> Mined:
    return Mined(
        tx_hash=tx_hash,
        nonce=1,
        block_number=7,
        block_hash="0xb",
        to="0xrouter",
        value_wei=0,
        data="0x",
        succeeded=True,
        swaps=(Swap("0xpool", 10, 20),),
        moved={"0xsold": -10, "0xbought": 20},
        max_fee_per_gas_wei=1,
        max_priority_fee_per_gas_wei=1,
        cost_wei=1,
    )


def sound() -> Evidence:
    """Return the evidence of one completed swap."""
    fill = {"planId": "P", "txHash": TX_HASH, "amountIn": "10", "amountOut": "20"}
    rows = [{"topic": topic, "payload": "{}"} for topic in TOPICS]
    rows[4]["payload"] = '{"planId": "P"}'
    rows[8]["payload"] = json.dumps(fill)
    return Evidence(
        histories={"intent-A": rows},
        steps=[{"plan_id": "P", "outcome": "signed"}, {"plan_id": "Q", "outcome": "refused"}],
        attempts=[{"plan_id": "P", "tx_hash": TX_HASH}],
        mined=[mined(), replace(mined("0xapproval"), swaps=(), moved={})],
    )


def rows_of(evidence: Evidence) -> list[dict[str, Any]]:
    return evidence.histories["intent-A"]


def end_otherwise(evidence: Evidence, topics: int, last: str) -> None:
    del rows_of(evidence)[topics:]
    rows_of(evidence).append({"topic": last, "payload": "{}"})


def swap_again(evidence: Evidence) -> None:
    evidence.mined.append(mined("0xdef"))
    evidence.attempts.append({"plan_id": "P", "tx_hash": "0xdef"})


def test_a_sound_wallet_has_nothing_wrong() -> None:
    assert list(chain_problems(sound())) == []


DAMAGES: dict[str, tuple[str, Damage]] = {
    "a nonce for a plan that is not recorded": (
        UNRECORDED,
        lambda e: e.steps.append({"plan_id": "ghost", "outcome": "signed"}),
    ),
    "a swap for a plan that is not recorded": (
        UNRECORDED,
        lambda e: e.attempts[0].update(plan_id="ghost"),
    ),
    "a recorded rejection was traded": (UNRECORDED, lambda e: end_otherwise(e, 1, "risk.rejected")),
    "a swap nobody signed": (DOUBLED, lambda e: e.mined.append(mined("0xdef"))),
    "two swaps of one plan": (
        DOUBLED,
        lambda e: swap_again(e),
    ),
    "a completed swap is not on the chain": (VENUE, lambda e: e.mined.clear()),
    "a failed swap is on the chain": (VENUE, lambda e: end_otherwise(e, 7, "exec.failed")),
    "a plan that was never signed is on the chain": (
        VENUE,
        lambda e: end_otherwise(e, 5, "intent.expired"),
    ),
    "the chain has another fill": (
        VENUE,
        lambda e: e.mined.__setitem__(0, replace(mined(), moved={"0xsold": -10, "0xbought": 19})),
    ),
    "the fill names another transaction": (
        VENUE,
        lambda e: rows_of(e)[8].update(
            payload=json.dumps(json.loads(rows_of(e)[8]["payload"]) | {"txHash": "0xdef"})
        ),
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_seen(name: str) -> None:
    kind, damage = DAMAGES[name]
    evidence = sound()
    damage(evidence)
    assert kind in {found for found, _ in chain_problems(evidence)}
