"""JSON-RPC's two hexadecimal forms: quantities without leading zeros, data in whole bytes."""

from Crypto.Hash import keccak


def to_quantity(value: int) -> str:
    """Return an integer as JSON-RPC writes it: 0x0, 0x1f."""
    return hex(value)


def to_data(value: bytes) -> str:
    """Return bytes as JSON-RPC writes them: 0x, 0x00ff."""
    return "0x" + value.hex()


def parse_quantity(value: object) -> int:
    """Parse an integer; ValueError for any other text."""
    return int(_digits(value), 16)


def parse_data(value: object) -> bytes:
    """Parse bytes; ValueError for any other text."""
    return bytes.fromhex(_digits(value))


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte Keccak-256 hash, which differs from the standardised SHA-3."""
    return keccak.new(digest_bits=256, data=data).digest()


def _digits(value: object) -> str:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError("must be a string that starts with 0x")
    return value[2:]
