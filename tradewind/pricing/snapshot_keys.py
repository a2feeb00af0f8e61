"""Where a pool's snapshot lies in the POOL_SNAPSHOTS bucket."""

from tradewind.contracts.market import PoolSnapshot


def snapshot_key(snapshot: PoolSnapshot) -> str:
    """Return `<chain>.<pool address>`."""
    return f"{snapshot.chain}.{snapshot.pool}"
