"""What the wallet's keeper tells Prometheus."""

from typing import Final

from prometheus_client import Counter, Gauge

OPEN_SLOTS: Final = Gauge("tradewind_wallet_open_slots", "Transactions without an outcome.")
OLDEST_SLOT: Final = Gauge(
    "tradewind_wallet_oldest_open_slot_seconds", "How long the oldest of them has been signed."
)
NEXT_NONCE: Final = Gauge("tradewind_wallet_next_nonce", "The next nonce the journal gives out.")
HALTED: Final = Gauge("tradewind_wallet_halted", "1 while the wallet gives out no nonce, else 0.")
HEAD: Final = Gauge("tradewind_wallet_head_block", "The newest block the keeper has seen.")
BROADCASTS: Final = Counter(
    "tradewind_wallet_broadcasts", "Transactions handed to nodes, by answer.", ["outcome"]
)
GENERATIONS: Final = Counter(
    "tradewind_wallet_generations", "Slots signed once more, by purpose.", ["purpose"]
)
SETTLED: Final = Counter("tradewind_wallet_settled_slots", "Slots with an outcome.", ["state"])
REORGS: Final = Counter(
    "tradewind_wallet_reorgs",
    "Blocks with our transactions that left the chain, by whether they had counted already.",
    ["after_settlement"],
)
