"""Where a pool's snapshot, and the chain's head, lie in the POOL_SNAPSHOTS bucket."""

from typing import Final

from tradewind.contracts.instruments.pools import PoolSnapshot

HEAD_SUFFIX: Final = ".head"


def snapshot_key(snapshot: PoolSnapshot) -> str:
    """Return `<chain>.<pool address>`."""
    return f"{snapshot.chain}.{snapshot.pool}"


def head_key(chain: str) -> str:
    """Return `<chain>.head`."""
    return f"{chain}{HEAD_SUFFIX}"
