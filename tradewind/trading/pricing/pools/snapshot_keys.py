"""The keys of the POOL_SNAPSHOTS bucket: one for each pool, one for each chain's head."""

from typing import Final

from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.contracts.instruments.pools import PoolSnapshot

HEAD_SUFFIX: Final = ".head"


def snapshot_key(snapshot: PoolSnapshot | PoolObserved) -> str:
    """Return `<chain>.<pool address>`."""
    return f"{snapshot.chain}.{snapshot.pool}"


def head_key(chain: str) -> str:
    """Return `<chain>.head`."""
    return f"{chain}{HEAD_SUFFIX}"
