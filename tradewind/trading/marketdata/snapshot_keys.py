"""What the feed keeps for itself in the PERP_SNAPSHOTS bucket, beside `contracts.market`."""

from typing import Final

LEASE_KEY: Final = "feed.lease"
"""Who is the one feed that works."""
WEIGHT_KEY: Final = "feed.weight"
"""What it spent within the last minute."""
