"""The audit finds every violation: a correct history is made up, and then damaged in one place."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.settlement.audit import Evidence, Order, problems
from tests.support.settlement.chain_record import Balances, Mined, Swap
from tests.support.settlement.platform_record import JournalRows, Row

SOLD, BOUGHT, POOL = "0xaa", "0xbb", "0xcc"
ORDER = Order("intent-1", "plan-1", SOLD, BOUGHT, amount_in=100, min_out=40)
CANCEL: dict[str, Any] = {"data": "0x", "swaps": (), "moved": {}}
TOPICS = (
    *("intent.submitted", "risk.approved", "intent.accepted", "plan.created"),
    *("exec.started", "exec.step_signed", "exec.step_submitted", "exec.step_filled"),
    "exec.completed",
)


def swap(nonce: int = 7, **changes: Any) -> Mined:
    """Return the execution of ORDER."""
    one = Mined(
        tx_hash=f"0x{nonce}",
        nonce=nonce,
        block_number=20 + nonce,
        block_hash="0xb",
        to="0xrouter",
        value_wei=0,
        data="0x414bf389",
        succeeded=True,
        swaps=(Swap(POOL, 100, 50),),
        moved={SOLD: -100, BOUGHT: 50},
        max_fee_per_gas_wei=100,
        max_priority_fee_per_gas_wei=10,
        cost_wei=5,
    )
    return replace(one, **changes)


def attempt_row(number: int, nonce: int = 7, **changes: Any) -> Row:
    fees = {"max_fee_per_gas_wei": 1_000, "max_priority_fee_per_gas_wei": 80}
    row = {"nonce": nonce, "generation": number, "purpose": "original", "tx_hash": f"0x{nonce}"}
    return row | fees | changes


def histories(topics: tuple[str, ...] = TOPICS, **payload: Any) -> dict[str, list[Row]]:
    told = {"txHash": "0x7", "amountIn": "100", "amountOut": "50", "blockNumber": 27} | payload
    rows = [
        {
            "sequence": number,
            "event_id": f"e{number}",
            "causation_id": f"e{number - 1}" if number > 1 else ORDER.correlation_id,
            "topic": topic,
            "payload": told,
        }
        for number, topic in enumerate(topics, 1)
    ]
    return {ORDER.correlation_id: rows}


def transaction_row(
    state: str = "succeeded", mined: str | None = "0x7", **changes: Any
) -> dict[int, Row]:
    row = {"nonce": 7, "purpose": "swap", "plan_id": "plan-1", "state": state}
    return {7: row | {"mined_tx_hash": mined} | changes}


def on_stream(told: dict[str, list[Row]]) -> dict[str, list[Row]]:
    return {
        row["event_id"]: [row | {"correlationId": ORDER.correlation_id}]
        for rows in told.values()
        for row in rows
    }


def whole(**changes: Any) -> Evidence:
    told = changes.get("histories", histories())
    evidence = Evidence(
        orders=[ORDER],
        before=Balances(20, 7, 1_000, {SOLD: 500, BOUGHT: 0}),
        after=Balances(30, 8, 995, {SOLD: 400, BOUGHT: 50}),
        mined=[swap()],
        histories=told,
        stream=on_stream(told),
        journal=journal(),
    )
    return replace(evidence, **changes)


def journal(**changes: Any) -> JournalRows:
    rows = JournalRows(8, None, transaction_row(), {7: [attempt_row(0)]}, [], {})
    return replace(rows, **changes)


def twice() -> Evidence:
    mined = [swap(), swap(8)]
    after = Balances(30, 9, 990, {SOLD: 300, BOUGHT: 100})
    transactions = transaction_row() | {
        8: transaction_row()[7] | {"mined_tx_hash": "0x8", "purpose": "approval"}
    }
    attempts = {7: [attempt_row(0)], 8: [attempt_row(0, 8)]}
    return whole(
        mined=mined,
        after=after,
        journal=journal(next_nonce=9, transactions=transactions, attempts=attempts),
    )


def test_what_is_whole_has_no_problem() -> None:
    assert problems(whole()) == []


FAILED = histories((*TOPICS[:7], "exec.failed"), proof="reverted")
SPOILT: dict[str, tuple[Callable[[], Evidence], str]] = {
    "sent twice": (twice, "executed 2 times"),
    "recorded as failed, executed": (lambda: whole(histories=FAILED), "executed 1 times"),
    "completed without effect": (lambda: whole(mined=[]), "executed 0 times"),
    "an event is missing": (
        lambda: whole(
            histories={"intent-1": histories()["intent-1"][:4] + histories()["intent-1"][5:]}
        ),
        "gaps",
    ),
    "a history that cannot be": (lambda: whole(histories=histories(TOPICS[:6])), "no possible"),
    "not on the stream": (lambda: whole(stream={}), "0 times on the stream"),
    "other amounts recorded": (lambda: whole(histories=histories(amountOut="51")), "recorded"),
    "other log": (lambda: whole(mined=[swap(swaps=(Swap(POOL, 100, 49),))]), "Swap logs"),
    "other transaction told": (lambda: whole(histories=histories(txHash="0x9")), "names"),
    "below the minimum": (lambda: whole(orders=[replace(ORDER, min_out=51)]), "less than 51"),
    "balances moved otherwise": (
        lambda: whole(after=Balances(30, 8, 995, {SOLD: 399, BOUGHT: 50})),
        "became 399",
    ),
    "ether is gone": (lambda: whole(after=replace(whole().after, wei=994)), "cost was 5"),
    "a nonce nobody knows": (
        lambda: whole(journal=journal(transactions={})),
        "none of the journal's",
    ),
    "a hash nobody signed": (
        lambda: whole(journal=journal(attempts={7: [attempt_row(0, tx_hash="0x6")]})),
        "none of the journal's",
    ),
    "a nonce left open": (lambda: whole(journal=journal(next_nonce=9)), "next nonce is 9"),
    "a state the chain denies": (
        lambda: whole(journal=journal(transactions=transaction_row("reverted"))),
        "is reverted, the chain says succeeded",
    ),
    "a cancellation that swaps": (
        lambda: whole(
            journal=journal(
                attempts={7: [attempt_row(0, purpose="cancel")]},
                transactions=transaction_row("cancelled"),
            )
        ),
        "no cancellation",
    ),
    "failed without proof": (
        lambda: whole(
            histories=histories((*TOPICS[:7], "exec.failed"), proof="reverted"),
            mined=[swap(**CANCEL)],
            journal=journal(
                attempts={7: [attempt_row(0, purpose="cancel")]},
                transactions=transaction_row("cancelled"),
            ),
        ),
        "the journal gives cancelled",
    ),
    "a fee that rose too little": (
        lambda: whole(
            journal=journal(
                attempts={7: [attempt_row(0), attempt_row(1, max_fee_per_gas_wei=1_124)]}
            )
        ),
        "max_fee_per_gas_wei rose",
    ),
    "a swap nobody asked for": (
        lambda: whole(mined=[swap(swaps=(Swap(POOL, 9, 9),), moved={SOLD: -9, BOUGHT: 9})]),
        "nobody asked for",
    ),
    "set aside": (lambda: whole(set_aside={"parked": 1}), "1 rows in parked"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_spoilt_is_found(name: str) -> None:
    make, expected = SPOILT[name]
    assert [problem for problem in problems(make()) if expected in problem]
