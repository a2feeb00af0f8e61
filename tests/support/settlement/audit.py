"""Compares the records of the platform with the chain, without the product's models or folds."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from tests.support.settlement.chain_record import Balances, Mined
from tests.support.settlement.platform_record import Histories, JournalRows, Row

ENDED: Final = ("exec.completed", "exec.failed", "intent.expired", "intent.cancelled")
HISTORY: Final = re.compile(
    r"intent\.submitted (risk\.screened )?risk\.approved intent\.accepted plan\.created "
    r"(intent\.expired |intent\.cancelled |exec\.failed "
    r"|exec\.started exec\.step_signed exec\.step_submitted (exec\.step_reorged )*"
    r"(exec\.step_filled exec\.completed |exec\.failed |intent\.cancelled ))"
)
MIN_RAISE: Final = (1_125, 1_000)
"""A replacement offers at least 12.5 % more, on both fees."""
PROOFS: Final = {
    "succeeded": None,
    "reverted": "reverted",
    "cancelled": "cancelled",
    "nonce_taken": "nonce_taken",
}
"""The proof in exec.failed, by the state of the swap's transaction."""


@dataclass(frozen=True)
class Order:
    """An order to audit. No two orders of an audit sell the same amount of the same token."""

    correlation_id: str
    plan_id: str
    token_in: str
    token_out: str
    amount_in: int
    min_out: int


@dataclass(frozen=True)
class Evidence:
    """The records of chain and platform, before and after the orders."""

    orders: Sequence[Order]
    before: Balances
    after: Balances
    mined: Sequence[Mined]
    histories: Histories
    stream: dict[str, list[Row]]
    journal: JournalRows
    set_aside: dict[str, int] = field(default_factory=dict)
    foreign: Collection[str] = ()
    """Hashes of transactions that the test itself sent with the wallet's key."""


def problems(evidence: Evidence) -> list[str]:
    """Return every violation, one line each."""
    checks: tuple[Callable[[Evidence], Iterator[str]], ...] = (
        _histories,
        _stream,
        _effects,
        _amounts,
        _balances,
        _nonces,
        _replacements,
    )
    found = [f"{count} rows in {table}" for table, count in evidence.set_aside.items()]
    return found + [problem for check in checks for problem in check(evidence)]


def executions(order: Order, mined: Sequence[Mined]) -> list[Mined]:
    """Return the transactions in which the wallet sold exactly what the order sells."""
    sold, bought = order.token_in.lower(), order.token_out.lower()
    return [
        one
        for one in mined
        if one.moved.get(sold) == -order.amount_in and one.moved.get(bought, 0) > 0
    ]


def payload_of(rows: Sequence[Row], topic: str) -> dict[str, Any] | None:
    """Return the payload of the last event of a topic."""
    return next((row["payload"] for row in reversed(rows) if row["topic"] == topic), None)


def _histories(evidence: Evidence) -> Iterator[str]:
    for order in evidence.orders:
        rows = evidence.histories.get(order.correlation_id, [])
        topics = "".join(f"{row['topic']} " for row in rows)
        if not HISTORY.fullmatch(topics):
            yield f"{order.correlation_id}: no possible history: {topics}"
        if [row["sequence"] for row in rows] != list(range(1, len(rows) + 1)):
            yield f"{order.correlation_id}: its sequence has gaps"
        causes = [order.correlation_id, *(row["event_id"] for row in rows[:-1])]
        if [row["causation_id"] for row in rows] != causes[: len(rows)]:
            yield f"{order.correlation_id}: an event is not caused by the one before it"


def _stream(evidence: Evidence) -> Iterator[str]:
    recorded = {
        row["event_id"]: row
        for order in evidence.orders
        for row in evidence.histories.get(order.correlation_id, [])
    }
    for event_id, row in recorded.items():
        copies = evidence.stream.get(event_id, [])
        if len(copies) != 1:
            yield f"{event_id}: {len(copies)} times on the stream"
        elif copies[0]["payload"] != row["payload"]:
            yield f"{event_id}: ledger and stream have different payloads"
    correlations = {order.correlation_id for order in evidence.orders}
    for event_id, copies in evidence.stream.items():
        if copies[0]["correlationId"] in correlations and event_id not in recorded:
            yield f"{event_id}: {copies[0]['topic']} is on the stream, not in the ledger"


def _effects(evidence: Evidence) -> Iterator[str]:
    """Check that completed orders were executed once, and other orders not at all."""
    claimed: set[str] = set()
    for order in evidence.orders:
        rows = evidence.histories.get(order.correlation_id, [])
        done = executions(order, evidence.mined)
        claimed.update(one.tx_hash for one in done)
        last = rows[-1]["topic"] if rows else "nothing"
        expected = int(last == "exec.completed")
        if len(done) != expected or any(not one.succeeded for one in done):
            yield f"{order.correlation_id}: executed {len(done)} times, and its end is {last}"
    for one in evidence.mined:
        if one.swaps and one.tx_hash not in claimed and one.tx_hash not in evidence.foreign:
            yield f"{one.tx_hash}: a swap nobody asked for"


def _amounts(evidence: Evidence) -> Iterator[str]:
    """Check that event, Swap logs and Transfer logs agree to the wei, and that min_out held."""
    for order in evidence.orders:
        rows = evidence.histories.get(order.correlation_id, [])
        filled, completed = (
            payload_of(rows, topic) for topic in ("exec.step_filled", "exec.completed")
        )
        done = executions(order, evidence.mined)
        if filled is None or completed is None or len(done) != 1:
            continue
        (one,) = done
        recorded = {
            (int(payload["amountIn"]), int(payload["amountOut"])) for payload in (filled, completed)
        }
        moved = (-one.moved[order.token_in.lower()], one.moved[order.token_out.lower()])
        swapped = swapped_amounts(one)
        if recorded != {moved} or moved != swapped:
            amounts = f"recorded {recorded}, moved {moved}, Swap logs say {swapped}"
            yield f"{order.correlation_id}: {amounts}"
        hashes = {filled["txHash"], completed["txHash"]}
        if hashes != {one.tx_hash} or filled["blockNumber"] != one.block_number:
            yield f"{order.correlation_id}: fill names {hashes} in block {filled['blockNumber']}"
        if moved[1] < order.min_out:
            yield f"{order.correlation_id}: got {moved[1]}, less than {order.min_out}"


def swapped_amounts(one: Mined) -> tuple[int, int]:
    """Return what went into the first pool and came out of the last; in a split, the sums."""
    swaps = one.swaps
    if any(later.amount_in == earlier.amount_out for earlier, later in pairwise(swaps)):
        return swaps[0].amount_in, swaps[-1].amount_out
    return sum(swap.amount_in for swap in swaps), sum(swap.amount_out for swap in swaps)


def _balances(evidence: Evidence) -> Iterator[str]:
    """Check that the balances changed by exactly what the wallet's transactions moved."""
    for token, before in evidence.before.tokens.items():
        moved = sum(one.moved.get(token, 0) for one in evidence.mined)
        if evidence.after.tokens[token] - before != moved:
            yield f"{token}: {before} became {evidence.after.tokens[token]}, logs say {moved:+}"
    cost = sum(one.cost_wei for one in evidence.mined)
    if evidence.before.wei - evidence.after.wei != cost:
        yield f"ether: {evidence.before.wei} became {evidence.after.wei}, cost was {cost}"


def _nonces(evidence: Evidence) -> Iterator[str]:
    """Check that every nonce has one mined transaction, which is in the journal."""
    journal = evidence.journal
    nonces = [one.nonce for one in evidence.mined]
    if nonces != list(range(evidence.before.nonce, evidence.after.nonce)):
        yield f"mined nonces are {nonces}"
    if journal.next_nonce != evidence.after.nonce:
        yield f"the journal's next nonce is {journal.next_nonce}, not {evidence.after.nonce}"
    for one in evidence.mined:
        transaction = journal.transactions.get(one.nonce)
        signed = {row["tx_hash"]: row for row in journal.attempts[one.nonce]}
        if one.tx_hash in evidence.foreign:
            expected = "nonce_taken"
        elif one.tx_hash not in signed or transaction is None:
            yield f"nonce {one.nonce}: {one.tx_hash} is none of the journal's"
            continue
        else:
            expected = _expected_state(one, signed[one.tx_hash]["purpose"])
        if transaction is not None and transaction["state"] != expected:
            yield f"nonce {one.nonce}: is {transaction['state']}, the chain says {expected}"
        if (
            transaction is not None
            and expected != "nonce_taken"
            and transaction["mined_tx_hash"] != one.tx_hash
        ):
            yield f"nonce {one.nonce}: {transaction['mined_tx_hash']} is not what was mined"
    yield from _proofs(evidence)


def _expected_state(one: Mined, purpose: str) -> str:
    if purpose == "cancel":
        return "cancelled" if (one.value_wei, one.data) == (0, "0x") else "no cancellation"
    return "succeeded" if one.succeeded else "reverted"


def _proofs(evidence: Evidence) -> Iterator[str]:
    """Check that a failed execution names the proof of its transaction, or was never signed."""
    swaps = {
        transaction["plan_id"]: transaction
        for transaction in evidence.journal.transactions.values()
        if transaction["purpose"] == "swap"
    }
    if len(swaps) != len(
        [s for s in evidence.journal.transactions.values() if s["purpose"] == "swap"]
    ):
        yield "a plan has two swap transactions"
    for order in evidence.orders:
        rows = evidence.histories.get(order.correlation_id, [])
        failed = payload_of(rows, "exec.failed")
        transaction = swaps.get(order.plan_id)
        expected = "not_submitted" if transaction is None else PROOFS.get(transaction["state"])
        if failed is not None and failed["proof"] != expected:
            yield f"{order.correlation_id}: proof {failed['proof']}, the journal gives {expected}"
        cancelled = payload_of(rows, "intent.cancelled")
        if cancelled is not None:
            proof = cancelled.get("proof", "not_submitted")
            if proof != expected or cancelled.get("amountIn") is not None:
                yield f"{order.correlation_id}: cancelled as {proof}, the journal gives {expected}"
        if transaction is None and payload_of(rows, "exec.step_signed") is not None:
            yield f"{order.correlation_id}: recorded as signed, without a transaction"


def _replacements(evidence: Evidence) -> Iterator[str]:
    more, of = MIN_RAISE
    for nonce, attempts in evidence.journal.attempts.items():
        for earlier, later in pairwise(attempts):
            for fee in ("max_fee_per_gas_wei", "max_priority_fee_per_gas_wei"):
                if later[fee] * of < earlier[fee] * more:
                    yield f"nonce {nonce}: {fee} rose from {earlier[fee]} to {later[fee]} only"
