"""Bounds what one HTTP request may hold; the WebSocket has its own in gateway/stream/limits.py."""

from typing import Final

MAX_HEAD_BYTES: Final = 32 * 1024
HEAD_TIMEOUT_SECONDS: Final = 10.0
KEEP_ALIVE_SECONDS: Final = 30
"""How long a connection may idle between two requests."""

READ_DEADLINE_SECONDS: Final = 4.0
"""How long a request waits for the stores it reads, whatever it asks of them."""

MAX_BODY_BYTES: Final = 64 * 1024
BODY_TIMEOUT_SECONDS: Final = 10.0

MAX_JSON_DEPTH: Final = 16
MAX_NUMBER_CHARACTERS: Final = 64
MAX_FIELD_ERRORS: Final = 20
"""How many wrong fields one answer names."""
MAX_SHOWN_KEY_CHARACTERS: Final = 64
MAX_SHOWN_PATH_PARTS: Final = 32
MAX_SHOWN_INSTANCE_CHARACTERS: Final = 256

MAX_REQUEST_KEY_CHARACTERS: Final = 128
"""The longest Idempotency-Key."""
DEFAULT_PAGE_ITEMS: Final = 50
MAX_PAGE_ITEMS: Final = 200
