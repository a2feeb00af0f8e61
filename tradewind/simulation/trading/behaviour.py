"""Seeded failures, partial fills and price moves, drawn as the simulated venue draws them.

The numbers of a trade depend on the manifest, the seed and the trade's number only. A partial fill
fills everything in parts, so it changes a history and no amount.
"""

import hashlib
from decimal import Decimal
from typing import Final

from tradewind.contracts.backtests.model import ExecutionTerms
from tradewind.contracts.ids import (
    CorrelationKind,
    derive_plan_id,
    make_correlation_id,
    make_ulid,
)
from tradewind.contracts.venues import SIMULATED

PROBABILITY_STEPS: Final = 1_000_000
MAX_PRICE_MOVE_PPM: Final = 500
PPM: Final = 1_000_000
PLAN_SEQUENCE: Final = 5
"""intent.submitted, risk.screened, risk.approved, intent.accepted, plan.created."""


def draw(seed: int, tx_hash: str, label: str, below: int) -> int:
    """Return a number from 0 to `below` - 1 that depends on seed, hash and label only."""
    digest = hashlib.sha256(f"{seed}/{tx_hash}/{label}".encode()).digest()
    return int.from_bytes(digest[:16]) % below


def intent_id_of(manifest_sha256: str, number: int, decided_ms: int) -> str:
    """Return the id of the intent of a trade: the same in every run of a manifest."""
    digest = hashlib.sha256(f"{manifest_sha256}/{number}".encode()).digest()
    return make_ulid(decided_ms, digest[:10])


def tx_hash_of(intent_id: str) -> str:
    """Return the hash of the transaction that carries out the plan of an intent."""
    correlation_id = make_correlation_id(CorrelationKind.INTENT, intent_id)
    plan_id = derive_plan_id(correlation_id, PLAN_SEQUENCE)
    return "0x" + hashlib.sha256(f"{SIMULATED}/{plan_id}/0".encode()).hexdigest()


class Behaviour:
    """Draws what happens to the orders of a run."""

    def __init__(self, manifest_sha256: str, seed: int, terms: ExecutionTerms) -> None:
        self._manifest = manifest_sha256
        self._seed = seed
        self._failures = terms.failure_probability
        self._moves = terms.price_moves
        self.is_certain = not (terms.failure_probability or terms.price_moves)
        """Whether nothing is drawn."""

    def of(self, number: int, decided_ms: int) -> tuple[bool, int]:
        """Return whether the venue is unavailable to a trade, and its price's move in millionths."""
        if self.is_certain:
            return False, 0
        tx_hash = tx_hash_of(intent_id_of(self._manifest, number, decided_ms))
        fails = _happens(self._seed, tx_hash, "failure", self._failures)
        if not self._moves:
            return fails, 0
        span = 2 * MAX_PRICE_MOVE_PPM + 1
        return fails, draw(self._seed, tx_hash, "price", span) - MAX_PRICE_MOVE_PPM


def _happens(seed: int, tx_hash: str, label: str, probability: Decimal) -> bool:
    if not probability:
        return False
    return draw(seed, tx_hash, label, PROBABILITY_STEPS) < probability * PROBABILITY_STEPS
