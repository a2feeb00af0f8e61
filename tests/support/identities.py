"""Hypothesis strategies for what things are called by."""

from hypothesis import strategies as st

from tradewind.contracts.ids import make_ulid
from tradewind.contracts.instruments.assets import to_checksum_address

ulids = st.builds(make_ulid, st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
addresses = st.binary(min_size=20, max_size=20).map(
    lambda raw: to_checksum_address(f"0x{raw.hex()}")
)
