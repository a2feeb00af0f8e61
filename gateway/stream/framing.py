"""Writes text frames as a WebSocket server sends them (RFC 6455, 5.2)."""

from typing import Final

_FINAL_TEXT: Final = b"\x81"
_LENGTH_16: Final = 126
_LENGTH_64: Final = 127


def text_frame(payload: bytes) -> bytes:
    """Return `payload` as one final, unmasked text frame."""
    length = len(payload)
    if length < _LENGTH_16:
        head = length.to_bytes()
    elif length < 2**16:
        head = _LENGTH_16.to_bytes() + length.to_bytes(2)
    else:
        head = _LENGTH_64.to_bytes() + length.to_bytes(8)
    return _FINAL_TEXT + head + payload
