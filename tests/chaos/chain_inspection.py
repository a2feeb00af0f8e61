"""Compares the chain with ledger and wallet journal, without code of the platform."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from tests.chaos.evidence import Evidence
from tests.support.settlement.chain_record import Mined

COMPLETED: Final = "exec.completed"
SIGNED: Final = "exec.step_signed"

type Row = dict[str, Any]
type Problem = tuple[str, str]
"""A kind, and what is wrong."""

DOUBLED: Final = "doubled"
UNRECORDED: Final = "signed without a record"
VENUE: Final = "venue unlike the history"


def chain_problems(evidence: Evidence) -> Iterator[Problem]:
    """Return every violation on the chain."""
    recorded = _recorded_plans(evidence)
    for row in evidence.steps:
        if row["outcome"] == "signed" and row["plan_id"] not in recorded:
            yield UNRECORDED, f"plan {row['plan_id']}: a nonce was given to it"
    plans = {row["tx_hash"]: row["plan_id"] for row in evidence.attempts}
    swaps: dict[str, list[Mined]] = {}
    for one in evidence.mined:
        if not one.swaps:
            continue
        if one.tx_hash not in plans:
            yield DOUBLED, f"{one.tx_hash}: a swap nobody signed"
            continue
        swaps.setdefault(plans[one.tx_hash], []).append(one)
    for plan_id, mined in swaps.items():
        if plan_id not in recorded:
            yield UNRECORDED, f"plan {plan_id}: {mined[0].tx_hash} is on the chain"
    for plan_id, rows in recorded.items():
        yield from _plan(plan_id, rows, swaps.get(plan_id, []))


def is_on_chain(rows: list[Row]) -> bool:
    """Return whether a history's plan was signed for the chain."""
    return any(row["topic"] == SIGNED for row in rows)


def _recorded_plans(evidence: Evidence) -> dict[str, list[Row]]:
    return {
        json.loads(row["payload"])["planId"]: rows
        for name, rows in evidence.histories.items()
        for row in rows
        if row["topic"] == "plan.created" and name.startswith("intent-")
    }


def _plan(plan_id: str, rows: list[Row], mined: list[Mined]) -> Iterator[Problem]:
    if len(mined) > 1:
        yield DOUBLED, f"plan {plan_id}: {Counter(one.tx_hash for one in mined)}"
    end = rows[-1]["topic"]
    if not is_on_chain(rows):
        if mined:
            yield VENUE, f"plan {plan_id}: {mined[0].tx_hash} is on the chain, its end is {end}"
        return
    if len(mined) != int(end == COMPLETED):
        yield VENUE, f"plan {plan_id}: {len(mined)} swaps on the chain, its end is {end}"
    elif mined:
        yield from _fill(plan_id, rows, mined[0])


def _fill(plan_id: str, rows: list[Row], one: Mined) -> Iterator[Problem]:
    fills = [json.loads(row["payload"]) for row in rows if row["topic"] == "exec.step_filled"]
    told = [(int(fill["amountIn"]), int(fill["amountOut"]), fill["txHash"]) for fill in fills]
    moved = sorted(one.moved.values())
    held = [(-moved[0], moved[-1], one.tx_hash)]
    if told != held:
        yield VENUE, f"plan {plan_id}: recorded fills {told}, the chain has {held}"
