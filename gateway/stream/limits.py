"""Bounds what clients of the WebSocket may do; HTTP has its own in gateway/http/limits.py."""

from typing import Final

MAX_CLIENTS: Final = 2_000
"""How many connections one process serves."""
MAX_CLIENTS_PER_KEY: Final = 50
FIRST_SUBSCRIPTION_SECONDS: Final = 10.0
"""How long a connection may take to authenticate, and again to subscribe."""

MAX_QUEUED_FRAMES: Final = 1_024
"""How much a client may leave unread before it loses frames or is cut off."""
FLUSH_TIMEOUT_SECONDS: Final = 1.0
"""How long a client that has to go may take to read why."""

MAX_MESSAGE_BYTES: Final = 16 * 1024
MESSAGES_PER_SECOND: Final = 20.0
MESSAGE_BURST: Final = 40
MAX_WAITING_COMMANDS: Final = 32
MAX_BAD_MESSAGES: Final = 5
"""In a row; the last one closes the connection."""

MAX_TOPICS_PER_MESSAGE: Final = 32
MAX_TOPIC_CHARACTERS: Final = 128
MAX_PATTERN_CHARACTERS: Final = 64
MAX_CORRELATION_CHARACTERS: Final = 96
MAX_FILTERS_PER_CLIENT: Final = 256
MAX_OPEN_FILTERS_PER_CLIENT: Final = 32
"""How many of them may be for all correlations."""
MAX_FILTER_VALUES: Final = 16
"""How many models, symbols or types a filter of a subscription may name."""
MAX_STREAM_CHARACTERS: Final = 64
MAX_STREAM_SEQUENCE: Final = 2**53 - 1
"""The largest integer a JSON reader in a browser keeps exact."""

MAX_ERROR_DETAIL_CHARACTERS: Final = 300
MAX_CLOSE_REASON_BYTES: Final = 123
"""What RFC 6455 leaves for the reason in a close frame."""

MAX_RECENT_EVENTS: Final = 4_096
MAX_RECENT_BYTES: Final = 8 * 1024 * 1024
"""What the hub keeps in memory for clients that resume."""

MAX_REPLAYS: Final = 8
"""How many replays are at work at once; the others wait for their turn."""
REPLAY_BATCH_EVENTS: Final = 64
"""Small, because decoding one batch holds up every other client of the process."""
REPLAY_STALL_SECONDS: Final = 10.0
"""How long a client may leave a batch of its replay unread."""
MAX_EMPTY_READS: Final = 100
"""How often a replay asks a stream that says it has more and gives nothing."""
MAX_READ_BYTES: Final = 1024 * 1024
SEND_BATCH_FRAMES: Final = 64
"""How many queued frames are written to a client together."""
