"""Bounds what HTTP may hold; the WebSocket has its own bounds in gateway/stream/limits.py."""

from typing import Final

MAX_HEAD_BYTES: Final = 32 * 1024
"""Of a request line with its headers; trailers of a body count as well."""
MAX_HEADERS: Final = 128
HEAD_TIMEOUT_SECONDS: Final = 10.0
KEEP_ALIVE_SECONDS: Final = 30
"""How long a connection may idle between an answer and the next complete request line."""
REQUEST_TIMEOUT_SECONDS: Final = 20.0
"""From the first byte of a request to the last one of its body."""
MAX_WAITING_BYTES: Final = 64 * 1024
"""What a client may send ahead while a request of its is answered."""

READ_DEADLINE_SECONDS: Final = 4.0
"""How long a request waits for the stores it reads, whatever it asks of them."""

MAX_BODY_BYTES: Final = 64 * 1024
BODY_TIMEOUT_SECONDS: Final = 10.0
MAX_CHUNKS: Final = 4_096
MAX_CHUNK_LINE_BYTES: Final = 256

MAX_DRAINED_BYTES: Final = 16 * 1024 * 1024
DRAIN_SECONDS: Final = 1.0
"""What is taken of a body after its answer, and thrown away without a look at it.

Many clients send everything before they read, and an early close takes the answer from them.
"""
WRITE_TIMEOUT_SECONDS: Final = 30.0
"""How long an answer may wait for a client that does not read."""
LINGER_SECONDS: Final = 10.0
"""How long the last bytes of a connection that ends may take."""

MAX_JSON_DEPTH: Final = 16
MAX_FIELD_ERRORS: Final = 20
"""How many wrong fields one answer names."""
MAX_SHOWN_KEY_CHARACTERS: Final = 64
MAX_SHOWN_PATH_PARTS: Final = 32
MAX_SHOWN_INSTANCE_CHARACTERS: Final = 256

MAX_REQUEST_KEY_CHARACTERS: Final = 128
"""The longest Idempotency-Key."""
DEFAULT_PAGE_ITEMS: Final = 50
MAX_PAGE_ITEMS: Final = 200
