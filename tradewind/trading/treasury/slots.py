"""Shows the nonces of a wallet with every attempt at each. DatabaseUnavailable."""

from collections import defaultdict
from typing import Any, Final, Literal

from pydantic import Field

from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.wire import BaseUnits, Document, Timestamp
from tradewind.postgres import Pool, outage_is_transient
from tradewind.queries import load_queries

_QUERIES: Final = load_queries("tradewind.trading.treasury")
_SLOTS = _QUERIES["select_shown_slots"]
_GENERATIONS = _QUERIES["select_shown_generations"]
_INTENT_PREFIX: Final = make_correlation_id(CorrelationKind.INTENT, "")

type SlotState = Literal[
    "signed", "broadcast", "mined", "succeeded", "reverted", "cancelled", "nonce_taken"
]


class GenerationDocument(Document):
    """A form in which a nonce was signed."""

    generation: int = Field(ge=0)
    purpose: Literal["original", "replacement", "cancel"]
    tx_hash: str
    gas_limit: int
    max_fee_per_gas_wei: BaseUnits
    max_priority_fee_per_gas_wei: BaseUnits
    signed_at: Timestamp
    broadcast_at: Timestamp | None
    """When a node took it for the first time."""


class SlotDocument(Document):
    """A nonce of a wallet, and what it is used for."""

    nonce: int = Field(ge=0)
    purpose: Literal["swap", "approval", "filler"]
    state: SlotState
    plan_id: str | None
    step_index: int | None
    intent_id: str | None
    portfolio_id: str | None
    deadline: Timestamp
    """Until when a swap may be mined."""
    created_at: Timestamp
    submitted_at: Timestamp | None
    settled_at: Timestamp | None
    mined_tx_hash: str | None
    mined_block_number: int | None
    foreign_since: Timestamp | None
    """Since when another transaction than ours is seen at this nonce."""
    cancel_requested_at: Timestamp | None
    cancel_requested_by: str | None
    reason: str | None
    detail: str | None
    generations: tuple[GenerationDocument, ...]
    """Every attempt, the first one first; 32 at most."""


class ShownSlots:
    """Nonces of wallets whose books have begun."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(self, wallet_id: str, below: int | None, limit: int) -> list[SlotDocument]:
        """Return nonces of a wallet, the highest first."""
        with outage_is_transient():
            rows = await self._pool.fetch(_SLOTS, wallet_id, below, limit)
            nonces = [row["nonce"] for row in rows]
            attempts = await self._pool.fetch(_GENERATIONS, wallet_id, nonces) if nonces else []
        by_nonce = defaultdict[int, list[GenerationDocument]](list)
        for row in attempts:
            by_nonce[row["nonce"]].append(_generation(row))
        return [_slot(row, by_nonce[row["nonce"]]) for row in rows]


def _slot(row: Any, generations: list[GenerationDocument]) -> SlotDocument:
    correlation_id: str = row["correlation_id"] or ""
    return SlotDocument(
        nonce=row["nonce"],
        purpose=row["purpose"],
        state=row["state"],
        plan_id=row["plan_id"] or None,
        step_index=row["step_index"] if row["plan_id"] else None,
        intent_id=correlation_id.removeprefix(_INTENT_PREFIX) or None,
        portfolio_id=row["portfolio"],
        deadline=row["deadline"],
        created_at=row["created_at"],
        submitted_at=row["submitted_at"],
        settled_at=row["settled_at"],
        mined_tx_hash=row["mined_tx_hash"],
        mined_block_number=row["mined_block_number"],
        foreign_since=row["foreign_since"],
        cancel_requested_at=row["cancel_requested_at"],
        cancel_requested_by=row["cancel_requested_by"],
        reason=row["reason"] or None,
        detail=row["detail"] or None,
        generations=tuple(generations),
    )


def _generation(row: Any) -> GenerationDocument:
    return GenerationDocument(
        generation=row["generation"],
        purpose=row["purpose"],
        tx_hash=row["tx_hash"],
        gas_limit=row["gas_limit"],
        max_fee_per_gas_wei=int(row["max_fee_per_gas_wei"]),
        max_priority_fee_per_gas_wei=int(row["max_priority_fee_per_gas_wei"]),
        signed_at=row["signed_at"],
        broadcast_at=row["broadcast_at"],
    )
