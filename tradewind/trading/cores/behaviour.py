"""Chooses how the simulated venue treats a transaction, by its hash or by its strategy.

Every draw depends on the seed, the transaction's hash and a label only, so it can be made again.
"""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tradewind.contracts.execution.demo_strategies import DemoStrategy

PROBABILITY_STEPS = 1_000_000
SLOW_LATENCY_MS = 3_000
MAX_PRICE_MOVE_PPM = 500
"""A simulated price moves at most 0.05 % between quote and fill."""
MIN_PARTIAL_FILLS = 2
MAX_PARTIAL_FILLS = 4


class Behaviour(StrEnum):
    """The behaviours of the venue that a client can meet."""

    NORMAL = "normal"
    PARTIAL_FILLS = "partial_fills"
    UNAVAILABLE = "unavailable"
    ANSWER_LOST = "answer_lost"
    SLOW = "slow"
    PARTIAL_THEN_CANCELLED = "partial_then_cancelled"
    REFUSED = "refused"
    REVERTED = "reverted"
    NEVER_FILLED = "never_filled"


_IN_PARTS = (Behaviour.PARTIAL_FILLS, Behaviour.PARTIAL_THEN_CANCELLED)
_BY_STRATEGY = {
    DemoStrategy.PARTIAL_FILLS: Behaviour.PARTIAL_FILLS,
    DemoStrategy.FAILING_VENUE: Behaviour.UNAVAILABLE,
    DemoStrategy.TIMEOUT_VENUE: Behaviour.ANSWER_LOST,
    DemoStrategy.SLOW_VENUE: Behaviour.SLOW,
    DemoStrategy.PARTIAL_THEN_CANCELLED: Behaviour.PARTIAL_THEN_CANCELLED,
    DemoStrategy.REFUSING_VENUE: Behaviour.REFUSED,
    DemoStrategy.REVERTING_VENUE: Behaviour.REVERTED,
    DemoStrategy.NEVER_FILLED: Behaviour.NEVER_FILLED,
}


@dataclass(frozen=True, slots=True)
class Simulation:
    """Seed and probabilities; a strategy of `DemoStrategy` overrides the probabilities."""

    seed: int
    partial_fill_probability: Decimal
    failure_probability: Decimal
    timeout_probability: Decimal
    latency_ms: int
    gas_price_wei: int = 0
    """What a unit of gas costs where no chain says so."""


def draw(seed: int, tx_hash: str, label: str, below: int) -> int:
    """Return a number from 0 to `below` - 1 that depends on seed, hash and label only."""
    digest = hashlib.sha256(f"{seed}/{tx_hash}/{label}".encode()).digest()
    return int.from_bytes(digest[:16]) % below


def behaviour_of(settings: Simulation, strategy_id: str, tx_hash: str) -> Behaviour:
    """Return how a transaction is treated."""
    for strategy, behaviour in _BY_STRATEGY.items():
        if strategy_id == strategy:
            return behaviour
    chances = (
        ("failure", settings.failure_probability, Behaviour.UNAVAILABLE),
        ("timeout", settings.timeout_probability, Behaviour.ANSWER_LOST),
        ("partial", settings.partial_fill_probability, Behaviour.PARTIAL_FILLS),
    )
    for label, probability, behaviour in chances:
        if not probability:
            continue
        if draw(settings.seed, tx_hash, label, PROBABILITY_STEPS) < probability * PROBABILITY_STEPS:
            return behaviour
    return Behaviour.NORMAL


def latency_ms(settings: Simulation, behaviour: Behaviour, tx_hash: str) -> int:
    """Return how long a fill takes: 0.5 to 1.5 times the setting, more when slow."""
    if behaviour is Behaviour.SLOW:
        return SLOW_LATENCY_MS
    base_ms = settings.latency_ms
    return base_ms // 2 + draw(settings.seed, tx_hash, "latency", base_ms + 1)


def price_move_ppm(settings: Simulation, tx_hash: str) -> int:
    """Return how far the price moved before the swap, in millionths, either way."""
    span = 2 * MAX_PRICE_MOVE_PPM + 1
    return draw(settings.seed, tx_hash, "price", span) - MAX_PRICE_MOVE_PPM


def shares(settings: Simulation, behaviour: Behaviour, tx_hash: str) -> list[int]:
    """Return the relative sizes of the fills: one number per fill."""
    if behaviour not in _IN_PARTS:
        return [1]
    choices = MAX_PARTIAL_FILLS - MIN_PARTIAL_FILLS + 1
    count = MIN_PARTIAL_FILLS + draw(settings.seed, tx_hash, "fills", choices)
    return [1 + draw(settings.seed, tx_hash, f"share {index}", 4) for index in range(count)]


def fills_kept(settings: Simulation, behaviour: Behaviour, tx_hash: str, fills: int) -> int:
    """Return how many of the fills take place before the venue cancels the rest; mostly all."""
    if behaviour is Behaviour.NEVER_FILLED:
        return 0
    if behaviour is Behaviour.PARTIAL_THEN_CANCELLED:
        return 1 + draw(settings.seed, tx_hash, "kept", fills - 1) if fills > 1 else 0
    return fills
