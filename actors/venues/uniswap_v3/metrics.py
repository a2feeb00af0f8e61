"""Metrics of the transaction manager. The metrics keep the names of the journal's tables."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

OPEN_TRANSACTIONS: Final = Gauge("tradewind_wallet_open_slots", "Transactions without an outcome.")
OLDEST_TRANSACTION_SECONDS: Final = Gauge(
    "tradewind_wallet_oldest_open_slot_seconds", "How long the oldest of them has been signed."
)
NEXT_NONCE: Final = Gauge("tradewind_wallet_next_nonce", "The next nonce the journal gives out.")
HALTED: Final = Gauge("tradewind_wallet_halted", "1 while the wallet gives out no nonce, else 0.")
HEAD: Final = Gauge("tradewind_wallet_head_block", "The newest block a pass has seen.")
WATCHES: Final = Gauge(
    "tradewind_wallet_watches", "1 while this process watches the wallet; one process does."
)
PASSES: Final = Counter(
    "tradewind_wallet_passes", "Times this process compared the wallet with the chain."
)
MISSING_NONCES: Final = Gauge(
    "tradewind_wallet_missing_nonces",
    "Nonces the chain waits for and the journal never gave out; nothing above them is mined.",
)
RECORDING_WAIT: Final = Histogram(
    "tradewind_wallet_recording_wait_seconds",
    "From a swap that is ready to be signed until the ledger has its plan and it is claimed.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
)
BROADCASTS: Final = Counter(
    "tradewind_wallet_broadcasts", "Transactions handed to nodes, by answer.", ["outcome"]
)
ADDED_ATTEMPTS: Final = Counter(
    "tradewind_wallet_generations", "Transactions signed once more, by purpose.", ["purpose"]
)
SETTLED: Final = Counter(
    "tradewind_wallet_settled_slots", "Transactions with an outcome.", ["state"]
)
REORGS: Final = Counter(
    "tradewind_wallet_reorgs",
    "Blocks with our transactions that left the chain, by whether they had counted already.",
    ["after_settlement"],
)
FILL_DISAGREEMENTS: Final = Counter(
    "tradewind_wallet_fill_disagreements",
    "Swaps in which a token moved other amounts to or from the wallet than the pools say.",
)
