"""Seeded failures, partial fills and price moves, drawn by the simulated venue's own function.

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
from tradewind.trading.cores import behaviour as venue

PPM: Final = 1_000_000
PLAN_SEQUENCE: Final = 5
"""intent.submitted, risk.screened, risk.approved, intent.accepted, plan.created."""
STRATEGY: Final = "backtest"
"""What the strategy of a run is called in the histories of its trades."""


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
        self._moves = terms.price_moves
        self.settings: Final = venue.Simulation(
            seed=seed,
            partial_fill_probability=terms.partial_fill_probability,
            failure_probability=terms.failure_probability,
            timeout_probability=Decimal(0),
            latency_ms=terms.latency_ms,
            gas_price_wei=terms.gas_price_wei,
        )
        self.is_certain: Final = not (terms.failure_probability or terms.price_moves)
        """Whether no amount depends on a draw."""

    def of(self, number: int, decided_ms: int) -> tuple[bool, int]:
        """Return whether the venue is unavailable, and how far the price moves, in millionths."""
        if self.is_certain:
            return False, 0
        tx_hash = self.tx_hash(number, decided_ms)
        found = venue.behaviour_of(self.settings, STRATEGY, tx_hash)
        move_ppm = venue.price_move_ppm(self.settings, tx_hash) if self._moves else 0
        return found is venue.Behaviour.UNAVAILABLE, move_ppm

    def sizes(self, number: int, decided_ms: int) -> list[int]:
        """Return the relative sizes of the fills of a trade."""
        tx_hash = self.tx_hash(number, decided_ms)
        found = venue.behaviour_of(self.settings, STRATEGY, tx_hash)
        return venue.shares(self.settings, found, tx_hash)

    def tx_hash(self, number: int, decided_ms: int) -> str:
        """Return the hash of the transaction of a trade."""
        return tx_hash_of(intent_id_of(self._manifest, number, decided_ms))
