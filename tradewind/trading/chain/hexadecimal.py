"""JSON-RPC's two hexadecimal forms: quantities without leading zeros, data in whole bytes.

Nodes and gateways spell them differently, so reading is lenient about the spelling and never about
the value: upper case, leading zeros and, for quantities, JSON integers.
"""

import re

from Crypto.Hash import keccak

HEXADECIMAL = re.compile(r"0[xX]([0-9a-fA-F]*)")


def to_quantity(value: int) -> str:
    """Return an integer as JSON-RPC writes it: 0x0, 0x1f."""
    return hex(value)


def to_data(value: bytes) -> str:
    """Return bytes as JSON-RPC writes them: 0x, 0x00ff."""
    return "0x" + value.hex()


def parse_quantity(value: object) -> int:
    """Parse an integer that is not negative; ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return int(_digits(value), 16)


def parse_data(value: object) -> bytes:
    """Parse bytes; ValueError for any other text."""
    return bytes.fromhex(_digits(value))


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte Keccak-256 hash, which differs from the standardised SHA-3."""
    return keccak.new(digest_bits=256, data=data).digest()


def _digits(value: object) -> str:
    match = HEXADECIMAL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("must be a string of 0x and hexadecimal digits")
    return match[1]
