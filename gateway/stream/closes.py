"""Lists why the gateway ends a connection, with the codes and reasons a client sees."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Close:
    """The end of a connection; `resumable` adds to the reason where to resume."""

    code: int
    reason: str
    resumable: bool = True


CLIENT_LEFT: Final = Close(1005, "the client left")
SERVICE_RESTART: Final = Close(1012, "the gateway restarts")
TRY_AGAIN: Final = Close(1013, "stored events cannot be read now")
TOO_MANY_BAD_MESSAGES: Final = Close(4000, "too many bad messages", resumable=False)
NOT_SUBSCRIBED: Final = Close(4002, "no subscription in time", resumable=False)
TOO_SLOW: Final = Close(4008, "too slow")
KEY_REVOKED: Final = Close(4401, "the key may not be used any more", resumable=False)
NOT_AUTHENTICATED: Final = Close(4401, "not authenticated", resumable=False)
TOO_MANY_OF_KEY: Final = Close(4429, "too many connections of this key", resumable=False)
TOO_MANY_MESSAGES: Final = Close(4029, "too many messages", resumable=False)
